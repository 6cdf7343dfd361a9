"""Drawn clips: people are where the truth says, in front of and behind each other."""

from __future__ import annotations

import numpy as np

from engine.training.walks import Mark, Scene, View, Walker, draw
from engine.types import UInt8Array

FRAME_HW = (60, 80)
RED, BLUE = (0, 0, 255), (255, 0, 0)


def block(colour: tuple[int, int, int]) -> UInt8Array:
    """A person of 10 by 20 pixels without any transparent ones."""
    return np.full((20, 10, 4), (*colour, 255), np.uint8)


def standing(colour: tuple[int, int, int], x: float, y: float, height_px: float = 20.0) -> Walker:
    return Walker(block(colour), (Mark(0.0, x, y, height_px),))


def scene(*walkers: Walker, views: tuple[View, ...] = (View(0.0),)) -> Scene:
    return Scene(np.full((60, 160, 3), 100, np.uint8), walkers, views)


def middle_x(labels: UInt8Array, person: int) -> float:
    return float(np.nonzero(labels == person + 1)[1].mean())


def test_the_truth_lies_where_the_person_is_drawn() -> None:
    image_bgr, truth = draw(scene(standing(RED, 30.5, 50)), 0.0, FRAME_HW)
    inside = truth.labels == 1
    assert inside.sum() == truth.shown_px[0] == truth.whole_px[0] == 200
    assert (image_bgr[inside] == RED).all()
    assert (image_bgr[truth.labels == 0] == 100).mean() > 0.99


def test_whose_feet_are_lower_stands_in_front_in_whatever_order_they_are_named() -> None:
    near, far = standing(RED, 34.5, 52), standing(BLUE, 30.5, 48)
    for walkers, hidden in (((near, far), 1), ((far, near), 0)):
        _, truth = draw(scene(*walkers), 0.0, FRAME_HW)
        assert truth.shown_px[1 - hidden] == truth.whole_px[1 - hidden]
        assert truth.shown_px[hidden] < 0.6 * truth.whole_px[hidden]


def test_somebody_walks_from_mark_to_mark_and_stays_at_the_last() -> None:
    marks = (Mark(1.0, 20, 50, 20), Mark(3.0, 60, 50, 20))
    walking = scene(Walker(block(RED), marks))
    xs = [middle_x(draw(walking, t, FRAME_HW)[1].labels, 0) for t in (0.0, 2.0, 5.0)]
    assert np.allclose(xs, (20, 40, 60), atol=1.5)


def test_a_person_out_of_the_frame_is_whole_but_not_shown() -> None:
    _, truth = draw(scene(standing(RED, -40, 50)), 0.0, FRAME_HW)
    assert (truth.shown_px[0], truth.whole_px[0]) == (0, 200)


def test_camera_and_light_change_all_of_the_picture() -> None:
    views = (View(0.0), View(1.0, x=20, zoom=2.0, light=0.5))
    image_bgr, truth = draw(scene(standing(RED, 40, 25), views=views), 1.0, FRAME_HW)
    assert abs(middle_x(truth.labels, 0) - 40) < 1.5
    assert truth.whole_px[0] == 800
    assert image_bgr[59, 0].tolist() == [50, 50, 50]
