"""Random geometry: how large and where people, cut-outs and rooms get."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import math

import numpy as np

from engine.training.augment import (
    PAPER_AUGMENT,
    AugmentOptions,
    cover,
    draw_cutout_place,
    draw_geometry,
)
from engine.training.compose import mask_extents, warp
from tests.training.test_compose import photo_with


@pytest.mark.parametrize("seed", range(25))
def test_random_geometry_keeps_its_ranges_and_boxes_cover_their_people(seed: int) -> None:
    rng = np.random.default_rng(seed)
    photo = photo_with((20, 20, 120, 200), (150, 30, 200, 160), size_hw=(240, 320))
    options = AugmentOptions()
    matrix = draw_geometry(photo.outline, (161, 209), options, rng)
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2]))) / (208 / 319)
    assert options.scale[0] * 0.999 <= scale <= options.large_scale[1] * 1.001
    crop = warp(photo, matrix, (161, 209))
    extents = mask_extents(crop.labels, 2)
    for box, extent in zip(crop.boxes_xyxy, extents, strict=True):
        if np.isfinite(box).all():
            assert np.abs(box - extent).max() < 3.5


def test_the_papers_geometry_scales_the_photo_itself_and_keeps_it_central() -> None:
    photo = photo_with((20, 20, 120, 200), size_hw=(240, 320))
    for seed in range(40):
        matrix = draw_geometry(
            photo.outline, (801, 801), PAPER_AUGMENT, np.random.default_rng(seed)
        )
        scale = math.sqrt(np.linalg.det(matrix[:, :2]))
        angle = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
        middle = matrix[:, :2] @ [159.5, 119.5] + matrix[:, 2]
        assert 0.5 <= scale <= 1.5
        assert abs(angle) <= 15
        assert np.abs(middle - 400).max() <= 80.1


@pytest.mark.parametrize("seed", range(20))
def test_a_cutout_on_the_floor_reaches_below_the_crop(seed: int) -> None:
    place = draw_cutout_place((161, 209), True, np.random.default_rng(seed))
    matrix = place.matrix((50, 20))
    feet, head = matrix @ [9.5, 50, 1], matrix @ [9.5, 0, 1]
    assert feet[1] >= 161
    assert 0.5 * 161 <= feet[1] - head[1] <= 1.2 * 161
    assert 0 <= feet[0] <= 209


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_room_just_covers_the_crop(mirrored: bool) -> None:
    matrix = cover((41, 81), (161, 209), mirrored)
    corners = matrix @ np.array([[0, 80, 0, 80], [0, 0, 40, 40], [1, 1, 1, 1]])
    left, right = corners[0].min(), corners[0].max()
    np.testing.assert_allclose(corners[1], [0, 0, 160, 160])
    assert left <= 0
    assert right >= 208
    assert (left + right) / 2 == pytest.approx(104)
    assert (corners[0, 0] > corners[0, 1]) == mirrored
