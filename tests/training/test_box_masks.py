"""Masks inside boxes that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import ConfigError
from engine.training.box_masks import BoxMaskOptions, masks_in_boxes
from engine.types import Prediction
from tests.people_maps import make_prediction

LEFT, RIGHT = (8.0, 8.0, 56.0, 88.0), (64.0, 16.0, 120.0, 88.0)


def true_boxes(*boxes: tuple[float, ...]) -> np.ndarray:
    """End-exclusive frame boxes of boxes in index coordinates."""
    return np.array(boxes, np.float32) + np.float32(0.5)


@pytest.fixture
def prediction() -> Prediction:
    return make_prediction([LEFT, RIGHT])


def test_each_person_gets_the_pixels_whose_boxes_fit_theirs(prediction: Prediction) -> None:
    found = masks_in_boxes(prediction, true_boxes(RIGHT, LEFT), BoxMaskOptions())
    right, left = found.masks
    assert right[50, 92]
    assert left[50, 32]
    assert not (right & left).any()
    assert not right[:, :60].any()
    assert (found.fits > 0.8).all()


def test_a_box_with_nobody_in_it_gets_nothing(prediction: Prediction) -> None:
    found = masks_in_boxes(prediction, true_boxes(LEFT, (2.0, 90.0, 9.0, 96.0)), BoxMaskOptions())
    assert found.masks[0].any()
    assert not found.masks[1].any()
    assert found.fits[1] == 0


def test_people_without_a_true_box_are_left_unsure(prediction: Prediction) -> None:
    found = masks_in_boxes(prediction, true_boxes(LEFT), BoxMaskOptions())
    assert found.unsure[50, 92]
    assert not found.masks[0][:, 60:].any()
    assert not found.unsure[2, 2]


def test_what_is_neither_sure_nor_background_is_unsure(prediction: Prediction) -> None:
    # The hills rise from logit 1 at their edge to 8 in the middle: 0.95 lies in between.
    strict = BoxMaskOptions(sure=0.95)
    found = masks_in_boxes(prediction, true_boxes(LEFT, RIGHT), strict)
    whole = masks_in_boxes(prediction, true_boxes(LEFT, RIGHT), BoxMaskOptions())
    for ours, full in zip(found.masks, whole.masks, strict=True):
        assert ours.any()
        assert not (ours & ~full).any()
        assert found.unsure[full & ~ours].all()
    assert not (found.unsure & (found.masks[0] | found.masks[1])).any()


def test_a_mask_ends_at_its_box(prediction: Prediction) -> None:
    low = (8.0, 48.0, 56.0, 88.0)  # the person's lower half: pixels overlap it by a half
    found = masks_in_boxes(prediction, true_boxes(low), replace(BoxMaskOptions(), min_iou=0.3))
    rows = np.flatnonzero(found.masks[0].any(axis=1))
    assert rows.min() == 48


def test_doubt_above_certainty_is_refused() -> None:
    with pytest.raises(ConfigError, match="doubt"):
        BoxMaskOptions(sure=0.4, doubt=0.5)
