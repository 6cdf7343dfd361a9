"""Crops: where boxes end up when people are moved, cut, turned and covered."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from dataclasses import replace

import numpy as np

from engine.training.compose import PADDING_GREY, Crop, mask_extents, paste_people, warp
from engine.training.dataset import CROWD, IGNORE, LabelledPhoto
from engine.training.targets import build_targets, collate

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def photo_with(
    *boxes: tuple[int, int, int, int], size_hw: tuple[int, int] = (60, 80)
) -> LabelledPhoto:
    """People that fill columns x1..x2 - 1 and rows y1..y2 - 1."""
    labels = np.zeros(size_hw, np.uint8)
    for i, (x1, y1, x2, y2) in enumerate(boxes):
        labels[y1:y2, x1:x2] = i + 1
    edges = np.array(boxes, np.float32).reshape(-1, 4) - np.float32(0.5)
    image = np.repeat((labels * 50)[..., None], 3, 2)
    return LabelledPhoto(image, labels, edges, np.ones(len(boxes), np.bool_))


def test_an_unmoved_crop_is_the_photo() -> None:
    photo = photo_with((10, 5, 30, 45))
    crop = warp(photo, IDENTITY, (60, 80))
    np.testing.assert_array_equal(crop.image_rgb, photo.image_rgb)
    np.testing.assert_array_equal(crop.labels, photo.labels)
    np.testing.assert_allclose(crop.boxes_xyxy, photo.boxes_xyxy)


def test_a_whole_person_keeps_the_annotated_box_even_if_the_mask_is_smaller() -> None:
    photo = photo_with((10, 5, 30, 45))
    photo = replace(photo, boxes_xyxy=np.array([[8, 4, 31, 47]], np.float32))
    matrix = np.array([[2.0, 0, -4], [0, 2.0, 3]])
    crop = warp(photo, matrix, (120, 160))
    np.testing.assert_allclose(crop.boxes_xyxy, [[12, 11, 58, 97]])


def test_mirroring_swaps_the_sides() -> None:
    photo = photo_with((10, 5, 30, 45))
    crop = warp(photo, np.array([[-1.0, 0, 79], [0, 1, 0]]), (60, 80))
    np.testing.assert_allclose(crop.boxes_xyxy, [[49.5, 4.5, 69.5, 44.5]])
    assert crop.labels[20, 55] == 1


def test_a_person_cut_by_the_crop_gets_the_box_of_the_visible_part() -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[10:30, 10:60] = 1  # wide above …
    labels[30:50, 10:20] = 1  # … narrow below
    photo = photo_with((10, 10, 60, 50))
    photo = replace(photo, labels=labels)
    crop = warp(photo, np.array([[1.0, 0, 0], [0, 1, -35]]), (25, 80))  # rows 35..59
    np.testing.assert_allclose(crop.boxes_xyxy, [[9.5, -0.5, 19.5, 14.5]])


def test_a_turned_person_gets_the_extent_of_the_turned_mask() -> None:
    photo = photo_with((30, 10, 50, 50))
    quarter = np.array([[0.0, -1, 69], [1, 0, -10]])  # 90°: (x, y) → (69 - y, x - 10)
    crop = warp(photo, quarter, (60, 80))
    np.testing.assert_allclose(crop.boxes_xyxy, [[19.5, 19.5, 59.5, 39.5]])


def test_what_lies_outside_the_photo_is_grey_and_not_judged() -> None:
    crop = warp(photo_with(), np.array([[1.0, 0, 10], [0, 1, 0]]), (60, 90))
    assert (crop.labels[:, :10] == IGNORE).all()
    assert (crop.image_rgb[:, :9] == PADDING_GREY).all()
    assert (crop.labels[:, 10:] == 0).all()


def test_the_sliver_of_a_person_is_not_judged_at_all() -> None:
    crop = warp(photo_with((0, 0, 20, 20)), np.array([[1.0, 0, 0], [0, 1, -19]]), (40, 80))
    assert np.isnan(crop.boxes_xyxy).all()
    assert (crop.labels[0, :20] == IGNORE).all()


def test_pasting_hides_who_is_behind_and_shrinks_their_box() -> None:
    back = warp(photo_with((10, 10, 50, 50), (60, 10, 70, 50)), IDENTITY, (60, 80))
    front = warp(photo_with((30, 0, 56, 60)), IDENTITY, (60, 80))
    crop = paste_people(back, front, np.ones((60, 80), np.float32), np.array([0]))
    np.testing.assert_allclose(
        crop.boxes_xyxy, [[9.5, 9.5, 29.5, 49.5], [59.5, 9.5, 69.5, 49.5], [29.5, -0.5, 55.5, 59.5]]
    )
    assert crop.labels[20, 40] == 3
    assert crop.labels[20, 20] == 1


def test_a_person_hidden_entirely_has_no_target() -> None:
    back = warp(photo_with((30, 20, 40, 30)), IDENTITY, (60, 80))
    front = warp(photo_with((20, 10, 60, 60)), IDENTITY, (60, 80))
    crop = paste_people(back, front, np.ones((60, 80), np.float32), np.array([0]))
    assert np.isnan(crop.boxes_xyxy[0]).all()
    assert not (crop.labels == 1).any()


def test_only_the_chosen_people_are_pasted() -> None:
    back = warp(photo_with(), IDENTITY, (60, 80))
    front = warp(photo_with((5, 5, 25, 55), (40, 5, 60, 55)), IDENTITY, (60, 80))
    crop = paste_people(back, front, np.ones((60, 80), np.float32), np.array([1]))
    assert (crop.labels[:, :30] == 0).all()
    assert (crop.image_rgb[:, :30] == back.image_rgb[:, :30]).all()
    assert crop.labels[30, 50] == 1


def test_extents_of_absent_people_are_not_numbers() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[2:4, 3:8] = 2
    extents = mask_extents(labels, 3)
    assert np.isnan(extents[[0, 2]]).all()
    assert extents[1].tolist() == [2.5, 1.5, 7.5, 3.5]


def test_targets_are_read_at_every_fourth_pixel() -> None:
    labels = np.zeros((17, 33), np.uint8)
    labels[4:9, 8:17] = 1
    labels[0, 0] = CROWD
    labels[16, 32] = IGNORE
    boxes = np.array([[7.5, 3.5, 16.5, 8.5]], np.float32)
    crop = Crop(np.zeros((17, 33, 3), np.uint8), labels, boxes)
    targets = build_targets(collate([crop, crop]))
    assert targets.person.shape == (2, 5, 9)
    assert targets.owned[0].nonzero().tolist() == [[r, c] for r in (1, 2) for c in (2, 3, 4)]
    assert targets.boxes_xyxy[1, 1, 2].tolist() == [7.5, 3.5, 16.5, 8.5]
    assert targets.person_cells[0, 1, 2] == 6
    assert bool(targets.person[0, 0, 0])
    assert not bool(targets.owned[0, 0, 0])
    assert not bool(targets.judged[0, 4, 8])
    assert targets.owner[0, 1, 2] != targets.owner[1, 1, 2]
