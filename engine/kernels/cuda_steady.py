"""Launches the kernels of steady masks: a small view, maps of a frame's own, their mean.

The NumPy reference is `engine.kernels.steady_reference`. What the functions raise and when
results are there is said in `engine.kernels.cuda_ops`.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.cuda_arguments import blocks, int32, required
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import BLOCK_XY
from engine.types import HEAD_STRIDE

_THREADS = BLOCK_XY[0] * BLOCK_XY[1]


def shrink_input(backend: Backend, rgb: DeviceArray, view: DeviceArray) -> None:
    """Network input `rgb` (1, H, W, 3) uint8 → `view` (h, w, 3) uint8."""
    height, width, _ = required("view", view, 3, np.uint8)
    input_hw = HEAD_STRIDE * (height - 1) + 1, HEAD_STRIDE * (width - 1) + 1
    required("rgb", rgb, (1, *input_hw, 3), np.uint8)
    if min(height, width) < 2:
        raise ValueError(f"a view of {height}×{width} cells is too small")
    arguments = (rgb, *int32(input_hw[1], height, width), view)
    backend.launch("steady", "shrink_input", _grid(height, width), BLOCK_XY, arguments)


def broken_shape(grid_hw: tuple[int, int]) -> tuple[int]:
    """Of the array in which `take_maps` tells what is broken."""
    return (blocks(5 * grid_hw[0] * grid_hw[1], _THREADS),)


def take_maps(
    backend: Backend,
    person_logits: DeviceArray,
    box_deltas: DeviceArray,
    maps: DeviceArray,
    broken: DeviceArray,
) -> None:
    """`person_logits` (h, w) and `box_deltas` (4, h, w) → `maps` (5, h, w), all float32.

    broken: uint8 of `broken_shape`, 1 wherever something is not finite, else 0.
    """
    height, width = required("person_logits", person_logits, 2, np.float32)
    required("box_deltas", box_deltas, (4, height, width), np.float32)
    required("maps", maps, (5, height, width), np.float32)
    shape = required("broken", broken, broken_shape((height, width)), np.uint8)
    arguments = (person_logits, box_deltas, *int32(height * width), maps, broken)
    backend.launch("steady", "take_maps", (shape[0], 1), (_THREADS, 1), arguments)


def mean_maps(
    backend: Backend,
    maps: DeviceArray,
    before: DeviceArray,
    moves: DeviceArray,
    mean: DeviceArray,
) -> None:
    """`maps` and those of the frame before → `mean`, all (5, h, w) float32.

    moves: (h, w, 3) float32; x, y and weight. mean: neither of the other two.
    """
    _, height, width = required("maps", maps, 3, np.float32)
    for name, array in (("maps", maps), ("before", before), ("mean", mean)):
        required(name, array, (5, height, width), np.float32)
    required("moves", moves, (height, width, 3), np.float32)
    arguments = (maps, before, moves, *int32(height, width), mean)
    backend.launch("steady", "mean_maps", _grid(height, width), BLOCK_XY, arguments)


def _grid(height: int, width: int) -> tuple[int, int]:
    return blocks(width, BLOCK_XY[0]), blocks(height, BLOCK_XY[1])
