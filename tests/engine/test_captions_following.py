"""A number that follows another one: still where that trembles, quick where it moves."""

from __future__ import annotations

import numpy as np
import pytest

from engine.captions.following import Followed, follow

UNIT = 17.0
"""Height of letters in a picture 720 high."""


def followed(targets: list[float], step_s: float = 1 / 30) -> list[float]:
    state: Followed | None = None
    shown = []
    for target in targets:
        state = follow(target, state, step_s, UNIT)
        shown.append(state.at)
    return shown


def test_it_begins_on_the_target() -> None:
    assert followed([123.0]) == [123.0]


def test_it_stands_where_the_target_trembles() -> None:
    noise = np.random.default_rng(0).choice([-3.0, 0.0, 3.0], 300)
    shown = np.array(followed([100.0, *(100.0 + noise)]))
    assert np.ptp(np.round(shown)) <= 1


@pytest.mark.parametrize("step_s", [1 / 60, 1 / 30, 1 / 10])
def test_it_keeps_up_with_who_walks_and_with_who_runs(step_s: float) -> None:
    for speed in (100.0, 400.0, 1000.0):
        targets = [speed * step_s * n for n in range(round(2 / step_s))]
        off = targets[-1] - followed(targets, step_s)[-1]
        assert 0 <= off < 1.5 * UNIT


def test_it_comes_to_rest_near_where_the_target_stops() -> None:
    targets = [10.0 * n for n in range(60)] + [600.0] * 60
    assert abs(followed(targets)[-1] - 600.0) < 0.3 * UNIT


def test_a_picture_twice_as_large_behaves_the_same() -> None:
    targets = [0.0, 3.0, 30.0, 31.0, 29.0, 60.0]
    state: Followed | None = None
    for target, small in zip(targets, followed(targets), strict=True):
        state = follow(2 * target, state, 1 / 30, 2 * UNIT)
        assert state.at == pytest.approx(2 * small)


def test_without_time_it_stays() -> None:
    first = follow(5.0, None, 0.0, UNIT)
    assert follow(80.0, first, 0.0, UNIT) is first
