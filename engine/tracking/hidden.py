"""People who are out of sight because somebody stands in front of them.

They may stay there for longer than anybody who left would be waited for. As long as the one in
front is in sight they are looked for, and known by their looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.tracking.looks import agree
from engine.tracking.memory import NO_ID, Looks, Track, TrackState
from engine.tracking.reappear import TOUCH_SHARE
from engine.types import BoolArray

MIN_COVERED = 0.3
"""Share of the box of somebody lost that the one in front covers at least, with their reach."""


def in_front(lost: Track, in_sight: Sequence[Track]) -> int:
    """The id of whoever hides somebody who was in sight a frame before, NO_ID if nobody does."""
    covered = {track.track_id: _covered(lost, track) for track in in_sight}
    nearest = max(covered, key=covered.__getitem__, default=NO_ID)
    return nearest if covered.get(nearest, 0.0) >= MIN_COVERED else NO_ID


def is_hidden(track: Track, state: TrackState) -> bool:
    """Whether somebody out of sight may still be behind the same one."""
    return track.behind != NO_ID and any(t.track_id == track.behind for t in state.in_sight)


def may_be(found: Sequence[Looks | None], hidden: Track, tracks: Sequence[Track]) -> BoolArray:
    """(people,) who may be somebody hidden for so long that place and way say little."""
    front = next((t.looks for t in tracks if t.track_id == hidden.behind), None)
    return np.array([agree(now, hidden.looks, front) for now in found], np.bool_)


def _covered(lost: Track, front: Track) -> float:
    x0, y0, x1, y1 = (float(v) for v in lost.box_xyxy)
    left, top, right, bottom = (float(v) for v in front.box_xyxy)
    reach = TOUCH_SHARE * (right - left)
    width = min(x1, right + reach) - max(x0, left - reach)
    height = min(y1, bottom) - max(y0, top)
    return max(width, 0.0) * max(height, 0.0) / max((x1 - x0) * (y1 - y0), 1.0)
