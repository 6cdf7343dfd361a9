"""Whoever comes while the picture goes on counts after a moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.board import Phase
from engine.config import Settings, TrackOptions
from engine.pipeline import Pipeline
from engine.styles import Newcomers, NewPeople, PersonEffect, PersonStyle, RenderOptions
from engine.track import TrackState, track
from engine.tracking.sightings import Sightings
from engine.types import Frame, Instances
from tests.engine.people import Box, people
from tests.engine.session_driver import running
from tests.fakes import FakePredictor, ListSource, coloured_box_image

LEFT: Box = (50, 100, 110, 340)
RIGHT: Box = (400, 100, 460, 340)
FAR: Box = (560, 100, 620, 340)


def follow(
    frames: Sequence[list[Box]], fps: float = 30.0, options: TrackOptions | None = None
) -> list[Instances]:
    """The people of every frame in a row."""
    state: TrackState | None = None
    tracked = []
    for n, boxes in enumerate(frames):
        found, state = track(people(boxes), state, n / fps, options or TrackOptions())
        tracked.append(found)
    return tracked


def ids(tracked: Sequence[Instances]) -> list[list[int]]:
    return [found.track_ids.tolist() for found in tracked]


@pytest.mark.parametrize(("fps", "frames"), [(60.0, 4), (30.0, 2), (15.0, 1), (5.0, 1)])
def test_a_newcomer_counts_after_six_hundredths_of_a_second(fps: float, frames: int) -> None:
    tracked = follow([[LEFT]] * 5 + [[LEFT, RIGHT]] * 6, fps)
    assert ids(tracked[5:]) == [[1]] * frames + [[1, 2]] * (6 - frames)


def test_whoever_waits_is_background() -> None:
    tracked = follow([[RIGHT]] * 5 + [[LEFT, RIGHT]])
    assert np.array_equal(tracked[-1].labels, people([RIGHT]).labels)
    assert tracked[-1].boxes_xyxy.tolist() == [list(RIGHT)]


def test_a_false_alarm_of_two_frames_is_never_seen_and_takes_no_number() -> None:
    tracked = follow([[LEFT]] * 5 + [[LEFT, RIGHT]] * 2 + [[LEFT]] * 3 + [[LEFT, FAR]] * 4)
    assert ids(tracked[:12]) == [[1]] * 12
    assert ids(tracked[12:]) == [[1, 2]] * 2


def test_whoever_is_found_now_and_then_waits_anew_each_time() -> None:
    tracked = follow([[LEFT], *[[LEFT, RIGHT], [LEFT]] * 6])
    assert ids(tracked) == [[1]] * 13


def test_a_newcomer_into_an_empty_picture_waits_as_well() -> None:
    assert ids(follow([[]] * 3 + [[RIGHT]] * 4)) == [[]] * 5 + [[1]] * 2


def test_everybody_counts_at_once_in_another_scene() -> None:
    tracked = follow([[LEFT]] * 5 + [[RIGHT, FAR]] * 2)
    assert ids(tracked[5:]) == [[2, 3]] * 2


def test_everybody_counts_at_once_after_a_pause() -> None:
    assert ids(follow([[LEFT], [LEFT, RIGHT]], fps=2.0)) == [[1], [1, 2]]


def test_everybody_counts_at_once_when_identities_are_held_again() -> None:
    off, state = track(people([LEFT]), None, 0.0, TrackOptions(enabled=False))
    on, _ = track(people([LEFT]), state, 0.03, TrackOptions())
    assert (off.track_ids.tolist(), on.track_ids.tolist()) == ([-1], [1])


def test_nobody_waits_where_the_options_say_so() -> None:
    tracked = follow([[LEFT]] * 5 + [[LEFT, RIGHT]], options=TrackOptions(confirm_s=0.0))
    assert ids(tracked[5:]) == [[1, 2]]


def test_whoever_waits_is_not_remembered_at_a_place_of_the_film() -> None:
    sightings = Sightings()
    state = TrackState.beginning()
    for n in range(6):
        boxes = [LEFT, RIGHT] if n == 5 else [LEFT]
        found, state = track(people(boxes), state, n / 30, TrackOptions())
        found, state = sightings.recognise(found, state)
    sightings.jump()
    found, state = track(people([LEFT, RIGHT]), TrackState.beginning(2), 5 / 30, TrackOptions())
    found, _ = sightings.recognise(found, state)
    assert found.track_ids.tolist() == [1, 3]


def one_then_two() -> list[Frame]:
    """A second person comes in the last picture."""
    one, two = coloured_box_image(8, 220), coloured_box_image(80, 120)
    pictures = [one] * 4 + [np.maximum(one, two)]
    return [Frame(picture, n, n / 30, 0.0) for n, picture in enumerate(pictures)]


def counted(settings: Settings) -> list[int]:
    pipeline = Pipeline(FakePredictor())
    return [len(pipeline.process(frame, settings).instances) for frame in one_then_two()]


HIDDEN = PersonStyle(PersonEffect.HIDE)


@pytest.mark.parametrize(
    "render",
    [
        RenderOptions(styles={7: HIDDEN}),
        RenderOptions(default_style=PersonStyle(PersonEffect.BLUR)),
        RenderOptions(newcomers=Newcomers().then(1, NewPeople.BLUR)),
        RenderOptions(newcomers=Newcomers(((1, NewPeople.HIDE), (5, NewPeople.AS_EVERYBODY)))),
    ],
)
def test_nobody_waits_where_anybody_is_hidden_or_blurred(render: RenderOptions) -> None:
    """For that moment a person to be hidden would be seen."""
    assert counted(Settings(render=render)) == [1, 1, 1, 1, 2]
    assert counted(Settings()) == [1] * 5


def test_a_picture_that_stands_shows_everybody() -> None:
    pipeline = Pipeline(FakePredictor())
    predictions = [pipeline.predictor.predict(frame) for frame in one_then_two()]
    for prediction in predictions:
        result = pipeline.finish(prediction, Settings())
    assert len(result.instances) == 1
    again = pipeline.refinish(predictions[-1], Settings())
    assert again.instances.track_ids.tolist() == [1, 2]


def test_after_a_jump_everybody_counts_at_once() -> None:
    pipeline = Pipeline(FakePredictor(), Sightings())
    frames = one_then_two()
    for frame in frames[:4]:
        pipeline.process(frame, Settings())
    pipeline.reset()
    assert len(pipeline.process(frames[4], Settings()).instances) == 2


def test_who_comes_in_the_last_picture_of_a_film_is_counted_where_it_stands() -> None:
    pictures = [frame.image_bgr for frame in one_then_two()]
    with running(ListSource(pictures, fps=30)) as driver:
        driver.wait_phase(Phase.ENDED)
        driver.wait(lambda _: driver.shown[-1].instances.track_ids.tolist() == [1, 2])
        assert driver.shown[-1].frame.index == 4
