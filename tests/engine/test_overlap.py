"""What people and tracks have in common, also where one lies partly outside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from engine.tracking.overlap import mask_iou, shared_cells

CORNERS = [(0, 0), (-2, -3), (5, 6), (-2, 6), (9, 9), (-4, 0), (0, -5)]
RANDOM = np.random.default_rng(0)
MASK = RANDOM.random((4, 5)) < 0.7
CELLS = RANDOM.integers(0, 3, (8, 9)).astype(np.uint8)
PAD = 10


def placed(mask: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    """The mask on a field that reaches `PAD` cells beyond the picture."""
    field = np.zeros((8 + 3 * PAD, 9 + 3 * PAD), np.bool_)
    top, left = corner[0] + PAD, corner[1] + PAD
    field[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return field


@pytest.mark.parametrize("corner", CORNERS)
def test_cells_outside_the_picture_are_shared_with_nobody(corner: tuple[int, int]) -> None:
    inside = placed(MASK, corner)[PAD : PAD + 8, PAD : PAD + 9]
    expected = [[np.count_nonzero(inside & (label == CELLS))] for label in (1, 2)]
    assert shared_cells(CELLS, 2, [(MASK, *corner)]).tolist() == expected


@pytest.mark.parametrize("corner", CORNERS)
def test_two_masks_overlap_as_on_one_field(corner: tuple[int, int]) -> None:
    other = np.ones((3, 6), np.bool_)
    here, there = placed(MASK, corner), placed(other, (1, 1))
    expected = np.count_nonzero(here & there) / np.count_nonzero(here | there)
    assert mask_iou((MASK, corner), (other, (1, 1))) == pytest.approx(expected)
