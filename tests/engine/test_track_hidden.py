"""Who is behind somebody for longer than anybody is waited for is known again by their looks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.tracking.looks import agree
from engine.tracking.memory import Looks
from tests.engine.coloured import AT_ONCE, BLUE, FPS, GREEN, RED, Colour, Seen, follow

PATIENT_S = 3.0
"""Longer than `TrackOptions.keep_lost_s`."""


def behind(
    front: Colour = GREEN,
    comes_out: Colour = RED,
    hidden_s: float = PATIENT_S,
    front_leaves: bool = False,
) -> list[Seen]:
    """RED goes behind somebody, and `comes_out` comes out where RED went in; each frame named
    from the farthest to the nearest."""
    frames: list[Seen] = [[((20 + 5 * n, 100, 80 + 5 * n, 340), RED)] for n in range(51)]
    frames += [[] for _ in range(round(hidden_s * FPS))]
    frames += [[((270 - 5 * n, 100, 330 - 5 * n, 340), comes_out)] for n in range(40)]
    for n, seen in enumerate(frames):
        gone_px = 12 * max(n - 60, 0) if front_leaves else 0
        seen.append(((250 + gone_px, 60, 350 + gone_px, 350), front))
    return frames


@pytest.mark.parametrize("hidden_s", [0.5, PATIENT_S])
def test_who_comes_out_where_they_went_in_is_who_they_were(hidden_s: float) -> None:
    ids = follow(behind(hidden_s=hidden_s))
    assert any(RED not in seen for seen in ids)
    assert ids[-1] == ids[0] == {RED: 1, GREEN: 2}


def test_somebody_of_other_looks_is_not_who_went_in() -> None:
    assert follow(behind(comes_out=BLUE))[-1] == {BLUE: 3, GREEN: 2}


def test_nobody_waits_for_longer_than_keep_hidden_s() -> None:
    options = replace(AT_ONCE, keep_hidden_s=PATIENT_S - 1)
    assert follow(behind(), options=options)[-1] == {RED: 3, GREEN: 2}


def test_without_pictures_nobody_is_known_after_so_long() -> None:
    assert follow(behind(), with_pictures=False)[-1] == {RED: 3, GREEN: 2}


def test_where_the_light_changed_nobody_is_known_after_so_long() -> None:
    frames = behind()
    lights = [1.0] * 80 + [0.4] * (len(frames) - 80)
    assert follow(frames, lights)[-1] == {RED: 3, GREEN: 2}


def test_once_the_one_in_front_is_gone_nobody_is_waited_for_any_longer() -> None:
    assert follow(behind(front_leaves=True, hidden_s=4.5))[-1][RED] != 1


@pytest.mark.parametrize(("front", "known"), [((1.0, 0.0), True), ((0.1, 0.9), False)])
def test_who_looks_more_like_the_one_in_front_may_be_that_one(
    front: tuple[float, float], known: bool
) -> None:
    now, hidden, before = (
        Looks(np.sqrt(np.array(shares, np.float32)), np.ones(1, np.float32))
        for shares in ((0.3, 0.7), (0.6, 0.4), front)
    )
    assert agree(now, hidden, before) == known
