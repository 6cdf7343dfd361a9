"""Who may come out from behind somebody, on which side and how far away."""

from __future__ import annotations

import numpy as np

from engine.tracking.memory import Track
from engine.tracking.reappear import reappearance
from tests.engine.people import Box

LOST: Box = (170, 100, 230, 340)
IN_BETWEEN: Box = (215, 60, 265, 340)


def fit(found: Box, other: Box = IN_BETWEEN, late: bool = False) -> float:
    """How well `found` is one who walked to the right and was lost behind `other`."""
    moving = np.array([100, 0], np.float32)
    mask = np.ones((1, 1), np.bool_)
    box = np.array(LOST, np.float32)
    lost = Track(1, box, moving, 60.0, mask, (0, 0), 1, since_s=0.0, seen_at_s=1.0, hits=30)
    boxes = [np.array([b], np.float32) for b in (found, other)]
    return float(reappearance(boxes[0], [lost], boxes[1], np.array([late]))[0, 0])


def test_nearer_and_in_the_direction_of_before_fits_better() -> None:
    assert fit((262, 100, 322, 340)) > fit((268, 100, 328, 340)) > fit((90, 100, 208, 340)) > 0


def test_beside_the_one_in_between_counts_and_further_away_does_not() -> None:
    assert fit((270, 100, 330, 340)) > 0
    assert fit((280, 100, 340, 340)) == 0


def test_somebody_of_another_height_is_somebody_else() -> None:
    assert fit((262, 100, 322, 200)) == 0


def test_after_long_somebody_whose_looks_agree_may_have_sat_down() -> None:
    assert fit((262, 100, 322, 200), late=True) > 0
    assert fit((262, 100, 322, 160), late=True) == 0


def test_nobody_is_lost_behind_somebody_who_is_above() -> None:
    assert fit((262, 100, 322, 340), other=(215, 0, 265, 90)) == 0
