"""A number that follows another one smoothly: still where that trembles, quick where it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

STILL_HZ = 1.0
"""Cut-off frequency of what does not move; more slowly it would lag behind who begins to walk."""

HZ_PER_SPEED = 0.3
"""How much the cut-off frequency rises with the speed, in units a second."""

SPEED_HZ = 1.0
PLAY = 0.2
"""So far, in units, may the target go to either side before anything moves at all."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One number after one frame. at: where it is shown. The rest is for the next frame.

    target: what it follows. speed: of that, units a second. smooth: before `PLAY`.
    """

    at: float
    target: float
    speed: float
    smooth: float


def follow(target: float, before: Followed | None, step_s: float, unit: float) -> Followed:
    """The One Euro filter (Casiez, Roussel and Vogel, CHI 2012), and some play after it.

    before: `step_s` seconds ago, None to begin on the target. unit: in which speed and
    play are measured, so that a picture twice as large behaves the same.
    """
    if before is None or step_s <= 0:
        return before or Followed(target, target, 0.0, target)
    speed = (target - before.target) / (step_s * unit)
    speed = before.speed + _share(SPEED_HZ, step_s) * (speed - before.speed)
    share = _share(STILL_HZ + HZ_PER_SPEED * abs(speed), step_s)
    smooth = before.smooth + share * (target - before.smooth)
    off = smooth - before.at
    at = before.at + math.copysign(max(abs(off) - PLAY * unit, 0.0), off)
    return Followed(at, target, speed, smooth)


def _share(cut_off_hz: float, step_s: float) -> float:
    return 1 - math.exp(-2 * math.pi * cut_off_hz * step_s)
