"""The arithmetic of kept, lost, returned and stolen identities."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.identity import Identity, IdentityMeter, identity_table
from engine.training.walks import Truth
from tests.engine.people import Box, people

FRAME_HW = (60, 200)
SPOTS: tuple[Box, ...] = ((0, 0, 30, 40), (50, 0, 80, 40), (100, 0, 130, 40))
"""Where the people of the truth stand, each with 1,200 pixels."""

Shown = dict[int, int]
"""Number of a person of the truth → the id under which they are found."""


def measured(
    frames: list[Shown], there: list[set[int]] | None = None, fps: float = 10.0
) -> Identity:
    """there: who is in sight, everybody found if not given; who else is found is not there."""
    meter = IdentityMeter()
    for n, shown in enumerate(frames):
        present = set(shown) if there is None else there[n]
        labels = np.zeros(FRAME_HW, np.uint8)
        for p in present:
            x0, y0, x1, y1 = SPOTS[p]
            labels[y0:y1, x0:x1] = p + 1
        found = people([SPOTS[p] for p in shown], FRAME_HW, list(shown.values()))
        meter.write(Truth(labels, np.full(len(SPOTS), 1200, np.int64)), found, n / fps)
    return meter.report()


def test_identities_that_stay_are_kept_in_full() -> None:
    found = measured([{0: 7, 1: 3}] * 5)
    assert found == Identity(to_find=10, shown=10, matched=10, kept=10, newcomers=2)
    assert found.idf1 == found.idf1_found == 1.0


def test_two_who_change_their_ids_have_stolen_them_from_each_other() -> None:
    found = measured([{0: 1, 1: 2}] * 6 + [{0: 2, 1: 1}] * 4)
    assert (found.switches, found.stolen, found.kept) == (2, 2, 12)
    assert found.idf1_found == pytest.approx(0.6)


def test_a_new_id_for_somebody_is_a_switch_but_stolen_from_nobody() -> None:
    found = measured([{0: 1}] * 6 + [{0: 2}] * 2)
    assert (found.switches, found.stolen, found.kept) == (1, 0, 6)


def test_whom_the_network_misses_counts_against_idf1_alone_and_leaves_one_gap() -> None:
    found = measured([{0: 1}] * 2 + [{}] * 3 + [{0: 1}] * 5, there=[{0}] * 10)
    assert (found.to_find, found.matched, found.gaps, found.switches) == (10, 7, 1, 0)
    assert found.idf1 == pytest.approx(14 / 17)
    assert found.idf1_found == 1.0


def test_somebody_found_who_is_nobody_counts_against_idf1_alone() -> None:
    found = measured([{0: 1, 2: 9}] * 4, there=[{0}] * 4)
    assert found.idf1 == pytest.approx(8 / 12)
    assert found.idf1_found == 1.0


def test_who_returns_under_the_id_of_before_is_known_from_then_on() -> None:
    away, back = [{}] * 10, [{0: 2}] * 3 + [{0: 1}] * 3
    found = measured([{0: 1}] * 5 + away + back)
    assert (found.returns, found.known) == (1, 1)
    assert found.known_s == pytest.approx(0.3)
    assert found.gaps == 0


def test_who_returns_under_another_id_is_not_known() -> None:
    found = measured([{0: 1}] * 5 + [{}] * 10 + [{0: 2}] * 3)
    assert (found.returns, found.known, found.switches) == (1, 0, 1)


def test_who_is_away_for_a_moment_does_not_return() -> None:
    assert measured([{0: 1}] * 5 + [{}] * 3 + [{0: 1}] * 5).returns == 0


def test_a_newcomer_under_the_id_of_who_left_has_stolen_it() -> None:
    found = measured([{0: 1}] * 5 + [{1: 1}] * 5)
    assert (found.newcomers, found.stolen, found.switches) == (2, 1, 0)
    assert found.kept == 5


def test_who_is_mostly_hidden_need_not_be_found_but_may_be() -> None:
    labels = np.zeros(FRAME_HW, np.uint8)
    labels[:20, :20] = 1
    truth = Truth(labels, np.array([2000], np.int64))
    for boxes, ids in (([], []), ([(0, 0, 20, 20)], [1]), ([(5, 5, 15, 10)], [1])):
        meter = IdentityMeter()
        meter.write(truth, people(boxes, FRAME_HW, ids), 0.0)
        found = meter.report()
        assert found.to_find == found.shown == found.matched == int(boxes == [(0, 0, 20, 20)])


def test_the_table_has_a_row_for_each_clip_and_one_for_all() -> None:
    one, other = measured([{0: 1}] * 5), measured([{0: 1}] * 5 + [{0: 2}] * 5)
    last = identity_table("clip", {"one": one, "other": other}).splitlines()[-1].split()
    assert last[:5] == ["all", "15", "15", "0.667", "0.667"]
