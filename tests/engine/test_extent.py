"""The box around a person's mask."""

from __future__ import annotations

import numpy as np

from engine.extent import MIN_PIECE_SHARE, mask_boxes
from engine.types import Instances
from tests.engine.people import people


def test_every_piece_of_some_size_counts_as_of_somebody_behind_a_pole() -> None:
    found = people([(100, 50, 200, 250)])
    found.labels[:, 150:160] = 0
    assert mask_boxes(found).tolist() == [[100, 50, 200, 250]]


def test_a_piece_astray_does_not_count_and_one_just_large_enough_does() -> None:
    found = people([(100, 50, 200, 250)])
    enough = round(MIN_PIECE_SHARE * 100 * 200)
    found.labels[300, 0 : enough // 2] = found.labels[301, 0 : enough // 2] = 1
    assert mask_boxes(found).tolist() == [[0, 50, 500, 302]]
    found.labels[301, 0] = 0
    assert mask_boxes(found).tolist() == [[100, 50, 200, 250]]


def test_pixels_that_touch_at_a_corner_are_one_piece() -> None:
    found = people([(100, 50, 102, 250)])
    for k in range(10):
        found.labels[250 + k, 102 + k] = 1
    assert mask_boxes(found).tolist() == [[100, 50, 112, 260]]


def test_whoever_has_no_pixel_has_a_box_of_zeros() -> None:
    hidden = people([(110, 60, 190, 200), (100, 50, 200, 250)])
    assert mask_boxes(hidden).tolist() == [[0, 0, 0, 0], [100, 50, 200, 250]]
    assert mask_boxes(Instances.none((9, 9))).shape == (0, 4)


def test_labels_may_be_any_view() -> None:
    found = people([(100, 50, 200, 250)])
    every_other = Instances(
        np.asarray(found.labels[::2, 1::2]), found.boxes_xyxy, found.scores, found.track_ids
    )
    assert mask_boxes(every_other).tolist() == [[50, 25, 100, 125]]
