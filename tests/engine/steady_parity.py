"""The kernels of steady masks held against their NumPy references, on any backend."""

from __future__ import annotations

import numpy as np

from engine.kernels import cuda_steady, steady_reference
from engine.kernels.cuda_backend import Backend
from engine.types import Float32Array, UInt8Array
from tests.engine.kernel_parity import on_device, on_host

GRIDS_HW = [(9, 9), (2, 3), (8, 12), (9, 65), (33, 49), (105, 185)]
"""Some that the blocks of threads divide on one axis, and none on both."""


def random_maps(seed: int, grid_hw: tuple[int, int]) -> Float32Array:
    """Maps (5, h, w), some of whose logits are far beyond what a probability can tell."""
    rng = np.random.default_rng(seed)
    maps = rng.normal(0, 3, (5, *grid_hw)).astype(np.float32)
    maps[0] *= rng.choice(np.array([1, 1, 30], np.float32), grid_hw)
    return maps


def random_moves(seed: int, grid_hw: tuple[int, int]) -> Float32Array:
    """Moves (h, w, 3) between cells, onto cells and far out of the picture, of any weight."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: grid_hw[0], : grid_hw[1]]
    moves = np.dstack((x, y, np.zeros(grid_hw))).astype(np.float32)
    far = rng.choice(np.array([0, 1, 1000], np.float32), grid_hw, p=[0.3, 0.6, 0.1])
    moves[..., :2] += far[..., None] * rng.normal(0, 3, (*grid_hw, 2)).astype(np.float32)
    moves[..., 2] = rng.choice(np.array([0, 0.3, 0.6, 0.95], np.float32), grid_hw)
    return moves


def shrunk(backend: Backend, rgb: UInt8Array, grid_hw: tuple[int, int]) -> UInt8Array:
    view = backend.empty((*grid_hw, 3), np.uint8)
    cuda_steady.shrink_input(backend, on_device(backend, rgb), view)
    return np.asarray(on_host(backend, view), np.uint8)


def assert_views_agree(backend: Backend, grid_hw: tuple[int, int]) -> None:
    """To the last bit."""
    input_hw = 4 * (grid_hw[0] - 1) + 1, 4 * (grid_hw[1] - 1) + 1
    rgb = np.random.default_rng(0).integers(0, 256, (1, *input_hw, 3)).astype(np.uint8)
    assert np.array_equal(shrunk(backend, rgb, grid_hw), steady_reference.shrink_input(rgb))


def taken(backend: Backend, maps: Float32Array) -> tuple[Float32Array, bool]:
    there = backend.empty(maps.shape, np.float32)
    broken = backend.empty(cuda_steady.broken_shape(maps.shape[1:]), np.uint8)
    logits, deltas = on_device(backend, maps[0]), on_device(backend, maps[1:])
    cuda_steady.take_maps(backend, logits, deltas, there, broken)
    told = on_host(backend, broken)
    assert set(np.unique(told)) <= {0, 1}
    return np.asarray(on_host(backend, there), np.float32), not told.any()


def assert_what_is_broken_is_found(backend: Backend, grid_hw: tuple[int, int]) -> None:
    """In the first, a middle and the last value; and copies are copies."""
    maps = random_maps(1, grid_hw)
    for value in (None, np.nan, np.inf, -np.inf):
        for at in (0, maps.size // 2, maps.size - 1) if value is not None else (0,):
            spoilt = maps.copy()
            if value is not None:
                spoilt.ravel()[at] = value
            found, finite = taken(backend, spoilt)
            expected, expected_finite = steady_reference.take_maps(spoilt[0], spoilt[1:])
            assert np.array_equal(found, expected, equal_nan=True)
            assert finite == expected_finite == (value is None)


def averaged(
    backend: Backend, maps: Float32Array, before: Float32Array, moves: Float32Array
) -> Float32Array:
    mean = backend.empty(maps.shape, np.float32)
    there = [on_device(backend, array) for array in (maps, before, moves)]
    cuda_steady.mean_maps(backend, *there, mean)
    return np.asarray(on_host(backend, mean), np.float32)


def assert_means_agree(backend: Backend, grid_hw: tuple[int, int], seed: int) -> None:
    """To the last few bits, in which exp, log and fused arithmetic differ; exactly where
    only the new frame counts."""
    maps, before = random_maps(seed, grid_hw), random_maps(seed + 100, grid_hw)
    moves = random_moves(seed, grid_hw)
    found = averaged(backend, maps, before, moves)
    expected = steady_reference.mean_maps(maps, before, moves)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    alone = moves[..., 2] == 0
    assert alone.any() or alone.size < 10
    assert np.array_equal(found[:, alone], maps[:, alone])
