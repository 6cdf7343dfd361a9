"""How the picture moved: what is worked out ahead is what would be found later, or is not used."""

from __future__ import annotations

import numpy as np
import pytest

from engine import motion
from engine.motion import MOST_UNASKED, Motion, MotionAhead, motion_between
from engine.types import UInt8Array
from tests.engine.test_steady import texture

VIEW = texture(1, (40, 60))


def views(count: int) -> list[UInt8Array]:
    """A picture that moves on by a cell each time."""
    return [np.roll(VIEW, n, axis=1) for n in range(count)]


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[UInt8Array]:
    """The later view of each pair in which motion was really looked for."""
    found: list[UInt8Array] = []

    def search(view_rgb: UInt8Array, before_rgb: UInt8Array) -> Motion:
        found.append(view_rgb)
        return motion_between(view_rgb, before_rgb)

    monkeypatch.setattr(motion, "motion_between", search)
    return found


def test_what_moves_is_found_where_it_was() -> None:
    before, now = views(3)[0], views(3)[2]
    found = motion_between(now, before)
    middle = found.came_from[10:30, 15:45, 0] - np.arange(15, 45)
    assert np.median(middle) == pytest.approx(-2, abs=0.3)
    assert np.median(found.difference) < 3


def test_motion_found_ahead_serves_where_just_these_views_are_asked_for(
    searches: list[UInt8Array],
) -> None:
    ahead, pictures = MotionAhead(), views(6)
    guesses = [ahead.look(view) for view in pictures]
    assert guesses[0] is None
    assert len(searches) == 4
    for n in range(1, 5):
        assert ahead.between(pictures[n], pictures[n - 1], guesses[n]) is guesses[n]
    assert len(searches) == 4

    # Of frames 2 and 3 nobody asked: a jump, or a frame that came too late.
    other = ahead.between(pictures[4], pictures[1], guesses[4])
    assert len(searches) == 5
    assert np.array_equal(other.came_from, motion_between(pictures[4], pictures[1]).came_from)


def test_nothing_is_looked_for_as_long_as_nobody_asks(searches: list[UInt8Array]) -> None:
    ahead, pictures = MotionAhead(), views(12)
    guesses = [ahead.look(view) for view in pictures]
    assert [guess is not None for guess in guesses] == [False] + [True] * 4 + [False] * 7
    assert len(searches) == MOST_UNASKED
    ahead.between(pictures[11], pictures[10], guesses[11])
    assert ahead.look(VIEW) is not None


def test_views_of_another_size_begin_anew() -> None:
    ahead = MotionAhead()
    ahead.look(VIEW)
    assert ahead.look(np.ascontiguousarray(VIEW[:30])) is None
