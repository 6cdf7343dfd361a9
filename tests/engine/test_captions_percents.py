"""The confidence that is shown: true in the mean, and calm."""

from __future__ import annotations

import numpy as np
import pytest

from engine.captions.percents import CALM_S, Percents, percents_of
from engine.captions.remembering import REMEMBERED_S
from engine.types import Instances
from tests.engine.people import people

FPS = 25.0


def scored(*scores: float, ids: list[int] | None = None) -> Instances:
    found = people([(0, 0, 10, 10)] * len(scores), (20, 20), ids or list(range(1, 1 + len(scores))))
    found.scores[:] = scores
    return found


def shown(scores: list[float], begin_s: float = 0.0) -> list[int]:
    state: Percents | None = None
    found = []
    for n, score in enumerate(scores):
        state = percents_of(scored(score), begin_s + n / FPS, state)
        found.append(state.shown[0])
    return found


def test_a_confidence_that_trembles_changes_once_a_second_at_most() -> None:
    rng = np.random.default_rng(0)
    found = shown((0.95 + rng.normal(0, 0.02, 250)).clip(0, 1).tolist())
    changes = np.flatnonzero(np.diff(found))
    assert len(changes) <= 250 / FPS / CALM_S
    assert all(np.diff(changes) >= CALM_S * FPS - 1)
    assert max(abs(value - 95) for value in found[50:]) <= 2


def test_one_that_falls_is_shown_soon() -> None:
    found = shown([0.99] * 25 + [0.6] * 25)
    assert found[:25] == [99] * 25
    assert found[24 + 6] < 95
    assert found[-1] <= 70


def test_one_that_stays_is_exact_in_the_end() -> None:
    found = shown([0.90] * 5 + [0.93] * 100)
    assert found[-1] == 93


def test_the_first_frame_and_whoever_is_not_tracked_are_as_they_are() -> None:
    first = percents_of(scored(0.914, 0.2), 0.0, None)
    assert first.shown == (91, 20)
    state = percents_of(scored(0.9, ids=[-1]), 0.0, None)
    assert percents_of(scored(0.5, ids=[-1]), 0.04, state).shown == (50,)


def test_everybody_has_a_number_of_their_own_whatever_the_order() -> None:
    state = percents_of(scored(0.9, 0.5, ids=[4, 7]), 0.0, None)
    assert percents_of(scored(0.5, 0.9, ids=[7, 4]), 0.04, state).shown == (50, 90)
    assert state.renamed({4: 7, 7: 4}.get).by_id[7].shown == 90  # type: ignore[arg-type]


@pytest.mark.parametrize("time_s", [REMEMBERED_S + 0.1, -1.0])
def test_after_a_while_out_of_sight_or_a_jump_back_the_mean_begins_anew(time_s: float) -> None:
    state = percents_of(scored(0.9), 0.0, None)
    assert percents_of(scored(0.5), time_s, state).shown == (50,)
