"""Who comes into sight is not taken for somebody who went out of it and looked different."""

from __future__ import annotations

import pytest

from engine.config import Settings
from engine.pipeline import Pipeline
from engine.types import Frame
from tests.engine.coloured import BLUE, FPS, GREEN, HERE, RED, Seen, follow
from tests.engine.people import Box
from tests.fakes import FakePredictor, coloured_box_image


def test_somebody_else_where_another_has_just_left_is_somebody_new() -> None:
    ids = follow([[(HERE, RED)]] * 10 + [[]] * 10 + [[(HERE, BLUE)]])
    assert ids[-1] == {BLUE: 2}


def test_who_comes_back_is_who_they_were() -> None:
    ids = follow([[(HERE, RED)]] * 10 + [[]] * 10 + [[(HERE, RED)]])
    assert ids[-1] == {RED: 1}


def test_two_who_change_sides_out_of_sight_behind_a_third_keep_their_ids() -> None:
    frames: list[Seen] = []
    for n in range(100):
        walks: Seen = [((20 + 5 * n, 100, 80 + 5 * n, 340), RED)]
        comes: Seen = [((520 - 5 * n, 105, 580 - 5 * n, 345), BLUE)]
        frames.append([*walks, *comes, ((270, 60, 340, 350), GREEN)])
    ids = follow(frames)
    assert any(RED not in seen and BLUE not in seen for seen in ids)
    assert ids[-1] == ids[0]


def test_who_stays_in_sight_may_change_their_looks() -> None:
    assert follow([[(HERE, RED)]] * 10 + [[(HERE, BLUE)]] * 5)[-1] == {BLUE: 1}


def test_where_the_light_changed_meanwhile_looks_say_nothing() -> None:
    frames: list[Seen] = [[(HERE, RED)]] * 10 + [[]] * 10 + [[(HERE, RED)]]
    assert follow(frames, lights=[1.0] * 15 + [0.4] * 6)[-1] == {RED: 1}


@pytest.mark.parametrize("box", [(50, 100, 62, 116), (0, 0, 640, 360)])
def test_looks_of_which_too_little_is_seen_say_nothing(box: Box) -> None:
    ids = follow([[(box, RED)]] * 10 + [[]] * 10 + [[(box, BLUE)]])
    assert ids[-1] == {BLUE: 1}


def test_the_pipeline_shows_the_tracker_what_people_look_like() -> None:
    pipeline = Pipeline(FakePredictor())
    here = [coloured_box_image(8, colour) for colour in (200, 0, 60)]
    images = [here[0]] * 10 + [here[1]] * 10 + [here[2]] * 5
    shown = [
        pipeline.process(Frame(image, n, n / FPS, 0.0), Settings()).instances.track_ids.tolist()
        for n, image in enumerate(images)
    ]
    assert (shown[9], shown[-1]) == ([1], [2])
