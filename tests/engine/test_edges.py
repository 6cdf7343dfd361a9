"""Edges that follow the picture, through the public function, and their kernels."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import GroupOptions
from engine.group import group
from engine.kernels import edges_cpu, edges_reference
from engine.kernels.edges_reference import REACH
from engine.types import HEAD_STRIDE, Float32Array, Frame, Prediction, UInt8Array
from tests.people_maps import Box, make_prediction

PLAIN = GroupOptions(fine_edges=False)
FINE = GroupOptions()
PERSON_BGR, ROOM_BGR = (40, 60, 200), (150, 140, 60)
FRAME_HW = (97, 129)
EDGE_X = 64
"""Where the network sees the edge of `half_a_person`, in pixels of the frame."""


def half_a_person(image_bgr: UInt8Array, per_cell: float = 0.6) -> Prediction:
    """A person from `EDGE_X` on; the margin grows by `per_cell` from cell to cell."""
    prediction = with_picture(make_prediction([(-200, -200, 328, 296)]), image_bgr)
    logits = np.empty_like(prediction.person_logits)
    logits[:] = (np.arange(logits.shape[1]) - EDGE_X / HEAD_STRIDE + 0.1) * per_cell
    return replace(prediction, person_logits=logits)


def with_picture(prediction: Prediction, image_bgr: UInt8Array) -> Prediction:
    return replace(prediction, frame=Frame(image_bgr, 0, 0.0, 0.0))


def picture(person_from_x: int, frame_hw: tuple[int, int] = FRAME_HW) -> UInt8Array:
    """The room, the person's colour from that column on, and a little noise."""
    image = np.empty((*frame_hw, 3), np.int64)
    image[:] = ROOM_BGR
    image[:, person_from_x:] = PERSON_BGR
    return (image + np.random.default_rng(0).integers(-8, 9, image.shape)).astype(np.uint8)


def first_columns(labels: UInt8Array) -> npt.NDArray[np.intp]:
    assert labels.any(axis=1).all()
    return labels.argmax(axis=1)


@pytest.mark.parametrize("seen_x", [EDGE_X - 4, EDGE_X - 2, EDGE_X + 2, EDGE_X + 4])
def test_an_edge_moves_onto_that_of_the_picture(seen_x: int) -> None:
    prediction = half_a_person(picture(seen_x))
    plain = first_columns(group(prediction, PLAIN).labels)
    fine = first_columns(group(prediction, FINE).labels)
    assert (plain == EDGE_X).all()
    assert np.abs(fine - seen_x).max() <= 1


def test_an_edge_moves_no_farther_along_one_colour_than_the_network_is_unsure() -> None:
    prediction = half_a_person(picture(0), per_cell=0.6)
    assert (first_columns(group(prediction, FINE).labels) == EDGE_X).all()
    # The picture's edge lies in what the network is sure is nobody.
    far_away = half_a_person(picture(EDGE_X - 24), per_cell=0.6)
    moved = EDGE_X - first_columns(group(far_away, FINE).labels)
    assert moved.min() >= 0
    assert moved.max() <= 1.2 / 0.6 * HEAD_STRIDE


def test_a_sure_edge_stays_where_it_is() -> None:
    prediction = half_a_person(picture(EDGE_X - 8), per_cell=20.0)
    moved = np.abs(first_columns(group(prediction, FINE).labels) - EDGE_X)
    assert moved.max() <= 1


def test_edges_follow_the_picture_unless_that_is_refused_and_never_in_the_papers_way() -> None:
    assert GroupOptions().fine_edges
    assert not GroupOptions.paper().fine_edges
    boxes: list[Box] = [(8, 8, 68, 88), (48, 8, 108, 88)]
    black = group(make_prediction(boxes), PLAIN)
    seen = group(with_picture(make_prediction(boxes), picture(50)), PLAIN)
    assert np.array_equal(black.labels, seen.labels)


def test_a_picture_of_one_colour_changes_no_edge() -> None:
    prediction = make_prediction([(8, 8, 68, 88), (48, 8, 108, 88)], noise=0.5)
    plain, fine = group(prediction, PLAIN), group(prediction, FINE)
    # Where three labels meet, votes are interpolated twice.
    assert (plain.labels == fine.labels).mean() > 0.995


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), count=st.integers(0, 6))
def test_people_stay_who_they_are_and_change_near_edges_alone(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    frame_hw = (int(random.integers(97, 200)), int(random.integers(97, 260)))
    corners = random.uniform(0, 90, (count, 2))
    boxes = [(x, y, x + random.uniform(10, 60), y + random.uniform(10, 70)) for x, y in corners]
    flat = random.integers(0, 256, (9, 13, 3)).astype(np.uint8)
    image = cv2.resize(flat, frame_hw[::-1], interpolation=cv2.INTER_NEAREST)
    prediction = with_picture(
        make_prediction(boxes, frame_hw=frame_hw, noise=0.3, seed=seed),
        np.asarray(image, np.uint8),
    )
    plain, fine = group(prediction, PLAIN), group(prediction, FINE)
    assert np.array_equal(plain.scores, fine.scores)
    assert np.array_equal(plain.boxes_xyxy, fine.boxes_xyxy)
    assert (fine.track_ids == -1).all()
    assert set(np.unique(fine.labels)) <= set(range(len(fine) + 1))
    cell = max(frame_hw[0] / 24, frame_hw[1] / 32)
    side = 2 * int((REACH + 1) * cell) + 1
    window = np.ones((side, side), np.uint8)
    near_edge = cv2.dilate(plain.labels, window) != cv2.erode(plain.labels, window)
    assert near_edge[plain.labels != fine.labels].all()


def test_nobody_stays_nobody() -> None:
    people = group(with_picture(make_prediction([]), picture(60)), FINE)
    assert len(people) == 0
    assert not people.labels.any()


def test_a_person_who_fills_the_frame_keeps_every_pixel() -> None:
    prediction = make_prediction([(-400, -400, 530, 500)])
    people = group(with_picture(prediction, picture(60)), FINE)
    assert len(people) == 1
    assert (people.labels == 1).all()


@pytest.mark.parametrize("frame_hw", [(1, 40), (40, 1), (1, 1), (2, 3)])
def test_the_thinnest_pictures_are_served(frame_hw: tuple[int, int]) -> None:
    prediction = make_prediction([(20, -40, 70, 140)], frame_hw=frame_hw)
    people = group(with_picture(prediction, picture(20, frame_hw)), FINE)
    assert people.labels.shape == frame_hw


@pytest.mark.parametrize("finer", [1, 2, 3])
@pytest.mark.parametrize("grid_hw", [(2, 2), (2, 9), (13, 17), (31, 33)])
def test_the_compiled_kernel_agrees_with_the_plain_one(
    grid_hw: tuple[int, int], finer: int
) -> None:
    margins, labels = random_people(grid_hw)
    fine_hw = finer * (grid_hw[0] - 1) + 1, finer * (grid_hw[1] - 1) + 1
    random = np.random.default_rng(1)
    cell_bgr = random.integers(0, 256, (*grid_hw, 3)).astype(np.uint8)
    fine_bgr = random.integers(0, 256, (*fine_hw, 3)).astype(np.uint8)
    found = edges_cpu.follow_edges(margins, labels, cell_bgr, fine_bgr)
    expected = edges_reference.follow_edges(margins, labels, cell_bgr, fine_bgr)
    # Sums in another order may decide a near tie.
    assert (found[1] == expected[1]).mean() >= 0.999
    np.testing.assert_allclose(found[0], expected[0], atol=1e-4)


def random_people(grid_hw: tuple[int, int]) -> tuple[Float32Array, UInt8Array]:
    """Four people in patches, so that some gaps have two labels and some have more."""
    random = np.random.default_rng(grid_hw[1])
    noise = random.normal(0, 4, grid_hw).astype(np.float32)
    margins = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), np.float32)
    patches = random.integers(1, 5, (4, 4)).astype(np.uint8)
    owners = cv2.resize(patches, grid_hw[::-1], interpolation=cv2.INTER_NEAREST)
    return margins, np.where(margins >= 0, owners, 0).astype(np.uint8)
