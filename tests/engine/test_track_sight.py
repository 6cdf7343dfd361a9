"""Who goes out of sight, or is seen badly, and comes back is still the same person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config import TrackOptions
from engine.track import TrackState, track
from engine.tracking.memory import Track
from engine.types import Instances
from tests.engine.people import Box, people

MIN_SCORE = 0.2


class Tracking:
    """Tracks one frame after the other."""

    def __init__(self, fps: float = 30.0) -> None:
        self.fps, self.frames = fps, 0
        self.state: TrackState | None = None

    def see(self, found: Instances) -> list[int]:
        time_s = self.frames / self.fps
        self.frames += 1
        tracked, self.state = track(found, self.state, time_s, TrackOptions(), MIN_SCORE)
        return tracked.track_ids.tolist()

    def see_often(self, found: Instances, frames: int) -> list[int]:
        """The ids of the last frame."""
        return [self.see(found) for _ in range(frames)][-1]

    @property
    def memory(self) -> Track:
        assert self.state is not None
        return self.state.tracks[0]


def standing(x: float, width: int = 60) -> Box:
    return (round(x), 100, round(x) + width, 340)


def unsure(boxes: list[Box]) -> Instances:
    """The first of them is less sure than a newcomer must be."""
    found = people(boxes)
    scores = found.scores.copy()
    scores[0] = MIN_SCORE / 2
    return replace(found, scores=scores)


NOBODY = people([])


@pytest.mark.parametrize(("speed_px_s", "unseen_s", "moved_px"), [(300, 0.5, 0), (200, 1.2, 90)])
def test_who_slows_down_or_stops_out_of_sight_is_known_there(
    speed_px_s: float, unseen_s: float, moved_px: float
) -> None:
    tracking = Tracking()
    for n in range(15):
        x = 50 + speed_px_s * n / 30
        tracking.see(people([standing(x)]))
    tracking.see_often(NOBODY, round(unseen_s * 30))
    assert tracking.see_often(people([standing(x + moved_px)]), 4) == [1]


def test_who_comes_out_with_few_pixels_is_known_by_the_box() -> None:
    tracking = Tracking()
    tracking.see_often(people([standing(100)]), 10)
    tracking.see_often(NOBODY, 6)
    strip = people([standing(135)])
    strip.labels[:, 140:] = 0
    assert tracking.see_often(strip, 4) == [1]


IN_FRONT: Box = (200, 60, 270, 340)


def behind_somebody() -> Tracking:
    """One who stands, and one who has just gone behind, of whom less and less was seen."""
    tracking = Tracking()
    for x in range(60, 192, 5):
        tracking.see(people([(x, 100, min(x + 60, 200), 340), IN_FRONT]))
    tracking.see_often(people([IN_FRONT]), 12)
    return tracking


def test_a_strip_that_comes_out_on_the_other_side_is_who_went_behind() -> None:
    tracking = behind_somebody()
    assert tracking.see_often(people([(270, 100, 280, 340), IN_FRONT]), 4) == [1, 2]


def test_who_comes_out_from_behind_somebody_must_be_sure() -> None:
    tracking = behind_somebody()
    assert tracking.see_often(unsure([(270, 100, 280, 340), IN_FRONT]), 4) == [2]


@pytest.mark.parametrize("fps", [30.0, 4.0])
def test_who_was_just_there_stays_while_unsure_at_any_frame_rate(fps: float) -> None:
    tracking = Tracking(fps)
    tracking.see_often(people([standing(50)]), 8)
    assert tracking.see_often(unsure([standing(50)]), 3) == [1]


def test_who_was_missed_in_one_frame_may_be_unsure_in_the_next() -> None:
    tracking = Tracking()
    tracking.see_often(people([standing(50)]), 8)
    tracking.see(NOBODY)
    assert tracking.see(unsure([standing(50)])) == [1]


def test_one_box_astray_moves_what_is_remembered_only_in_part() -> None:
    tracking = Tracking()
    tracking.see_often(people([standing(50)]), 8)
    tracking.see(people([standing(80)]))
    assert 50 < tracking.memory.box_xyxy[0] < 75
    assert 0 < tracking.memory.velocity_xy[0] < 30 * 30 / 2


def test_a_motion_measured_over_a_long_pause_is_none() -> None:
    tracking = Tracking()
    tracking.see_often(people([standing(50)]), 8)
    tracking.see_often(NOBODY, 36)
    assert tracking.see_often(people([standing(65)]), 1) == [1]
    assert tracking.memory.velocity_xy.tolist() == [0, 0]
