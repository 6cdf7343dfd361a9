"""The faults of a batch's crops as a few arrays, one group per kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from engine.training.faults import Blur, Faults, Jpeg, MotionBlur, Noise
from engine.types import Float32Array

Array = TypeVar("Array")
HostArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Some(Generic[Array]):
    """A fault of n crops. crops: (n,) int64 places in the batch. values: (n, …)."""

    crops: Array
    values: Array


@dataclass(frozen=True, slots=True, eq=False)
class SomeNoise(Generic[Array]):
    """Noise on n crops. strength: float32; seeds: one per crop, kept on the host."""

    some: Some[Array]
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackedFaults(Generic[Array]):
    """In the order in which they happen; a crop has at most one of the last four.

    tables: (256, 3) uint8. saturation, dim: float32 factors. blur: (K,) float32 kernels,
    motion: (K, K) ones, K odd. jpeg: float32 qualities.
    """

    tables: Some[Array]
    saturation: Some[Array]
    dim: Some[Array]
    dark_noise: SomeNoise[Array]
    blur: Some[Array]
    motion: Some[Array]
    noise: SomeNoise[Array]
    jpeg: Some[Array]


def pack_faults(faults: Sequence[Faults]) -> PackedFaults[HostArray]:
    """The faults of the crops of a batch, in their order."""
    colours = [(i, f.colour) for i, f in enumerate(faults) if f.colour is not None]
    darks = [(i, f.low_light) for i, f in enumerate(faults) if f.low_light is not None]
    last = [(i, f.degradation) for i, f in enumerate(faults)]
    blurs = [(i, d.sigma) for i, d in last if isinstance(d, Blur)]
    motions = [(i, d.kernel) for i, d in last if isinstance(d, MotionBlur)]
    noises = [(i, d) for i, d in last if isinstance(d, Noise)]
    qualities = [(i, d.quality) for i, d in last if isinstance(d, Jpeg)]
    tables = np.array([c.table for _, c in colours], np.uint8).reshape(-1, 256, 3)
    return PackedFaults(
        tables=Some(_places(colours), tables),
        saturation=_factors([(i, c.saturation) for i, c in colours if c.saturation != 1]),
        dim=_factors([(i, dark.factor) for i, dark in darks]),
        dark_noise=_noise([(i, dark.noise) for i, dark in darks]),
        blur=Some(_places(blurs), gaussian_kernels([sigma for _, sigma in blurs])),
        motion=Some(_places(motions), _centred([kernel for _, kernel in motions])),
        noise=_noise(noises),
        jpeg=_factors([(i, float(quality)) for i, quality in qualities]),
    )


def gaussian_kernels(sigmas: Sequence[float]) -> Float32Array:
    """(n, K) float32: the kernels that OpenCV takes for 8-bit pictures, K the widest."""
    sizes = [round(sigma * 6 + 1) | 1 for sigma in sigmas]
    kernels = np.zeros((len(sigmas), max(sizes, default=1)), np.float32)
    for row, sigma, size in zip(kernels, sigmas, sizes, strict=True):
        start = (len(row) - size) // 2
        row[start : start + size] = cv2.getGaussianKernel(size, sigma)[:, 0]
    return kernels


def _centred(kernels: Sequence[Float32Array]) -> Float32Array:
    """(n, K, K): square kernels in larger ones, K odd, anchors (size // 2) in the middle."""
    reach = max((len(kernel) // 2 for kernel in kernels), default=0)
    grown = np.zeros((len(kernels), 2 * reach + 1, 2 * reach + 1), np.float32)
    for square, kernel in zip(grown, kernels, strict=True):
        start = reach - len(kernel) // 2
        square[start : start + len(kernel), start : start + len(kernel)] = kernel
    return grown


def _places(found: Sequence[tuple[int, Any]]) -> HostArray:
    return np.array([place for place, _ in found], np.int64)


def _factors(found: Sequence[tuple[int, float]]) -> Some[HostArray]:
    return Some(_places(found), np.array([value for _, value in found], np.float32))


def _noise(found: Sequence[tuple[int, Noise]]) -> SomeNoise[HostArray]:
    strengths = _factors([(place, noise.strength) for place, noise in found])
    return SomeNoise(strengths, tuple(noise.seed for _, noise in found))
