"""The CUDA kernels of steady masks, run on the processor, against the NumPy references.

What such a run shows and what not stands in `test_kernels_on_host.py`.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.kernels import cuda_steady, steady_reference
from engine.motion import view_of
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.steady_parity import (
    GRIDS_HW,
    assert_means_agree,
    assert_views_agree,
    assert_what_is_broken_is_found,
    averaged,
    random_maps,
    random_moves,
)


@pytest.fixture(autouse=True)
def _compiler() -> None:
    require_compiler()


@pytest.mark.parametrize("grid_hw", GRIDS_HW)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_view_is_that_of_the_reference_to_the_last_bit(
    grid_hw: tuple[int, int], seed: int
) -> None:
    assert_views_agree(HostBackend(seed), grid_hw)


@pytest.mark.parametrize("grid_hw", [(9, 9), (9, 65), (33, 49), (105, 185)])
def test_the_view_of_the_reference_is_that_of_the_cpu_to_the_last_bit(
    grid_hw: tuple[int, int],
) -> None:
    input_hw = 4 * (grid_hw[0] - 1) + 1, 4 * (grid_hw[1] - 1) + 1
    rgb = np.random.default_rng(0).integers(0, 256, (*input_hw, 3)).astype(np.uint8)
    assert np.array_equal(steady_reference.shrink_input(rgb[None]), view_of(rgb))


@pytest.mark.parametrize("grid_hw", GRIDS_HW)
def test_maps_are_copied_and_what_is_no_number_is_told(grid_hw: tuple[int, int]) -> None:
    assert_what_is_broken_is_found(HostBackend(seed=2), grid_hw)


@pytest.mark.parametrize("grid_hw", GRIDS_HW)
@pytest.mark.parametrize("contract", [False, True])
def test_the_mean_is_that_of_the_reference(grid_hw: tuple[int, int], contract: bool) -> None:
    assert_means_agree(HostBackend(1, contract), grid_hw, seed=grid_hw[0])


@pytest.mark.parametrize("grid_hw", [(9, 9), (33, 49)])
def test_the_reference_moves_maps_as_the_cpu_does(grid_hw: tuple[int, int]) -> None:
    plane, moves = random_maps(4, grid_hw)[0], random_moves(4, grid_hw)
    on_cpu = cv2.remap(
        plane,
        np.ascontiguousarray(moves[..., :2]),
        None,  # type: ignore[arg-type]
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    moved = steady_reference.move(plane, moves[..., :2])
    np.testing.assert_allclose(moved, on_cpu, rtol=1e-4, atol=1e-4)


def test_the_largest_logits_leave_numbers() -> None:
    backend = HostBackend()
    for now, before in ((1e30, -1e30), (-1e30, 1e30), (1e30, 1e30), (-1e30, -1e30)):
        maps = np.full((5, 9, 9), now, np.float32)
        earlier = np.full((5, 9, 9), before, np.float32)
        moves = random_moves(0, (9, 9))
        found = averaged(backend, maps, earlier, moves)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(
            found[0], steady_reference.mean_maps(maps, earlier, moves)[0], rtol=1e-4, atol=1e-4
        )


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    backend = HostBackend()
    maps, moves = backend.zeros((5, 9, 13), np.float32), backend.zeros((9, 13, 3), np.float32)
    mean, smaller = backend.zeros((5, 9, 13), np.float32), backend.zeros((5, 9, 9), np.float32)
    for wrong in (
        (maps, smaller, moves, mean),
        (maps, maps, moves[:, ::2], mean),
        (maps, maps, moves, smaller),
        (maps.astype(np.float16), maps, moves, mean),
    ):
        with pytest.raises(ValueError, match="must be"):
            cuda_steady.mean_maps(backend, *wrong)
    view = backend.zeros((9, 13, 3), np.uint8)
    with pytest.raises(ValueError, match="rgb must be"):
        cuda_steady.shrink_input(backend, backend.zeros((1, 33, 33, 3), np.uint8), view)
    broken = backend.zeros(cuda_steady.broken_shape((9, 13)), np.uint8)
    with pytest.raises(ValueError, match="box_deltas must be"):
        cuda_steady.take_maps(backend, maps[0], maps, mean, broken)
    assert backend.launched == []
