"""What every launch of a CUDA kernel needs: checked arrays, a grid, numbers of its types."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.kernels.cuda_backend import DeviceArray
from engine.kernels.cuda_source import BLOCK_XY, PIXELS_PER_THREAD


def required(
    name: str, array: DeviceArray, shape: tuple[int, ...] | int, dtype: npt.DTypeLike
) -> tuple[int, ...]:
    """The array's shape; ValueError unless it has that shape or number of axes."""
    fits = array.ndim == shape if isinstance(shape, int) else array.shape == shape
    if not fits or array.dtype != dtype or 0 in array.shape:
        raise ValueError(f"{name} must be {shape} {np.dtype(dtype)}, got {array.shape}")
    if not array.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous")
    return tuple(array.shape)


def picture_grid(height: int, width: int) -> tuple[int, int]:
    """Blocks along x and y whose threads own PIXELS_PER_THREAD pixels each."""
    return blocks(width, BLOCK_XY[0] * PIXELS_PER_THREAD), blocks(height, BLOCK_XY[1])


def blocks(count: int, size: int) -> int:
    """How many blocks of `size` cover `count`."""
    return -(-count // size)


def int32(*values: int) -> tuple[np.int32, ...]:
    """Arguments that the kernel calls int."""
    return tuple(np.int32(value) for value in values)


def float32(*values: float) -> tuple[np.float32, ...]:
    """Arguments that the kernel calls float."""
    return tuple(np.float32(value) for value in values)
