"""Where people stand in a picture, as far as their labels need to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.kernels import on_cpu
from engine.types import Instances

PROFILE_ROWS = 240
"""About so many rows are looked at to see where people stand, whatever the picture's height."""

HEAD_SHARE = 0.3
"""The upper part of a person that labels keep off, as a share of the height."""


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a person stands: rows of the mask, column of the head, box of the head."""

    top: int
    bottom: int
    head_x: int
    head_xyxy: tuple[int, int, int, int]


def stances(people: Instances) -> list[Stance | None]:
    """Per person; None for one without pixels.

    A few stray pixels above the head do not count: the top is where half a percent of
    the mask lies above.
    """
    step = max(1, people.labels.shape[0] // PROFILE_ROWS)
    pixels, columns = on_cpu.kernels().row_profiles(people.labels, len(people), step)
    found: list[Stance | None] = []
    for count, column_sum in zip(pixels, columns, strict=True):
        total = int(count.sum())
        if total == 0:
            found.append(None)
            continue
        below = np.cumsum(count)
        top = int(np.searchsorted(below, 0.005 * total, side="right"))
        bottom = int(np.searchsorted(below, 0.995 * total)) + 1
        head_rows = slice(top, top + max(1, round((bottom - top) * HEAD_SHARE)))
        on_head = max(int(count[head_rows].sum()), 1)
        head_x = int(column_sum[head_rows].sum()) // on_head
        half = on_head * step // (2 * (head_rows.stop - head_rows.start))
        top, bottom, chin = (step * row for row in (top, bottom, head_rows.stop))
        found.append(Stance(top, bottom, head_x, (head_x - half, top, head_x + half, chin)))
    return found
