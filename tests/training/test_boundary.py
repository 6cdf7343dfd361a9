"""Boundary IoU: right edges count, and what lies inside them does not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.boundary import boundary_iou

BAND_PX = 10
"""2 % of the diagonal of `square`."""


def square(start: int, stop: int) -> np.ndarray:
    mask = np.zeros((300, 400), bool)
    mask[start:stop, start:stop] = True
    return mask


def test_the_same_mask_has_perfect_edges() -> None:
    assert boundary_iou(square(50, 250), square(50, 250)) == 1
    assert boundary_iou(square(0, 300), square(0, 300)) == 1


def test_it_is_that_of_the_bands_inside_the_edges() -> None:
    ring = 200**2 - (200 - 2 * BAND_PX) ** 2
    inner = 196**2 - (196 - 2 * BAND_PX) ** 2
    shared = 196**2 - (200 - 2 * BAND_PX) ** 2
    expected = shared / (ring + inner - shared)
    assert boundary_iou(square(52, 248), square(50, 250)) == pytest.approx(expected)


def test_a_hole_deep_inside_has_edges_of_its_own() -> None:
    holed = square(50, 250)
    holed[140:160, 140:160] = False
    assert 0.5 < boundary_iou(holed, square(50, 250)) < 1


def test_masks_that_do_not_meet_and_empty_ones_have_none() -> None:
    assert boundary_iou(square(0, 50), square(100, 150)) == 0
    assert boundary_iou(square(0, 0), square(0, 0)) == 0
