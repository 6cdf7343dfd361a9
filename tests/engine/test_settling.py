"""A place is kept until another one was better for long enough."""

from __future__ import annotations

import itertools

import pytest

from engine.settling import Inertia, Settled, settle

INERTIA = Inertia(least_gain=0.05, patience=0.3)
STEP_S = 1 / 30


def moves(costs: list[tuple[float, ...]], step_s: float = STEP_S) -> list[int]:
    """The place in each frame."""
    settled: Settled | None = None
    places = []
    for now in costs:
        settled = settle(now, settled, step_s, INERTIA)
        places.append(settled.place)
    return places


def test_it_begins_at_the_cheapest_place_and_the_first_of_equals() -> None:
    assert moves([(0.5, 0.1, 0.2)]) == [1]
    assert moves([(0.1, 0.1)]) == [0]


def test_what_is_only_a_little_better_is_never_worth_a_move() -> None:
    assert set(moves([(0.0, 0.1)] + [(0.14, 0.1)] * 3000)) == {0}


def test_a_better_place_is_taken_after_a_while_and_the_sooner_the_better_it_is() -> None:
    waited_s = {}
    for cost in (0.25, 1.0, 2.0):
        places = moves([(0.0, 0.1)] + [(cost, 0.1)] * 300)
        assert places[-1] == 1
        waited_s[cost] = places.index(1) * STEP_S
    assert 2.0 < waited_s[0.25] < 4.0
    assert waited_s[1.0] < 0.5
    assert waited_s[2.0] < 0.2


def test_one_that_was_the_best_for_long_is_left_as_soon_as_any_other() -> None:
    good, bad = [(0.0, 0.5)], [(2.0, 0.5)] * 30
    assert moves(good * 3000 + bad)[3000:] == moves(good + bad)[1:]


def test_after_a_move_the_next_one_takes_as_long_as_ever() -> None:
    left_for = moves([(0.0, 0.1, 0.12)] + [(2.0, 0.1, 0.12)] * 10)
    assert left_for[-1] == 1
    on = moves([(0.0, 0.1, 0.12)] + [(2.0, 0.1, 0.12)] * 10 + [(2.0, 0.2, 0.1)] * 60)
    assert set(on[10:]) == {1}


def test_a_place_that_is_bad_now_and_then_is_kept() -> None:
    second = [(1.0, 0.5)] * 10 + [(0.0, 0.5)] * 20
    assert set(moves([(0.0, 0.5), *second * 60])) == {0}


def test_a_place_that_is_bad_most_of_the_time_is_left_once() -> None:
    second = [(1.0, 0.5)] * 20 + [(0.0, 0.5)] * 10
    places = moves([(0.0, 0.5), *second * 60])
    assert [place for place, _ in itertools.groupby(places)] == [0, 1]


@pytest.mark.parametrize("step_s", [0.2, 1.0, 10.0])
def test_one_look_alone_is_no_reason_to_move_however_long_ago_the_last_one_was(
    step_s: float,
) -> None:
    assert moves([(0.0, 0.1), (2.0, 0.1), (0.0, 0.1)], step_s) == [0, 0, 0]


def test_without_time_nothing_moves() -> None:
    assert set(moves([(0.0, 0.1)] + [(2.0, 0.1)] * 1000, step_s=0.0)) == {0}
