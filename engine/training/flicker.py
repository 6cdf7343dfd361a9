"""How restless masks, numbers of people and identities are from frame to frame of a clip.

No truth is needed: what appears and is gone again one frame later, or the reverse, is
taken for a fault. Motion that goes on changes a pixel once, not there and back; only what
crosses a pixel within a single frame is wrongly counted.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from engine.types import Int64Array, Result


@dataclass(frozen=True, slots=True)
class Flicker:
    """One clip, as the application would show it.

    Of every three frames in a row, the pixels whose middle state differs from the same
    state before and after, over all pixels that are somebody's in any of the three, summed
    over the clip: mask_share for person or not, identity_share for whose. count_frames:
    frames with more people than either neighbour, or fewer. people: mean per frame.
    identities: all ids seen. new_per_minute: of them, those not there when the first
    people appeared.
    """

    frames: int
    seconds: float
    people: float
    mask_share: float
    identity_share: float
    count_frames: int
    identities: int
    new_per_minute: float


class FlickerMeter:
    """Collects the results of one clip, in order; a `Sink`."""

    def __init__(self) -> None:
        self._whose: deque[Int64Array] = deque(maxlen=3)
        self._counts: list[int] = []
        self._times_s: list[float] = []
        self._ids: set[int] = set()
        self._first_ids: frozenset[int] = frozenset()
        self._mask_flips = self._identity_flips = self._area = 0

    def write(self, result: Result) -> None:
        """Compare with the two frames before."""
        people = result.instances
        ids = frozenset(people.track_ids.tolist())
        self._first_ids = self._first_ids or ids
        self._ids |= ids
        self._counts.append(len(people))
        self._times_s.append(result.frame.time_s)
        whose = np.concatenate(([0], people.track_ids))[people.labels]
        if self._whose and self._whose[-1].shape != whose.shape:
            self._whose.clear()
        self._whose.append(whose)
        if len(self._whose) == 3:
            self._compare(*self._whose)

    def close(self) -> None:
        """Nothing to finish."""

    def report(self) -> Flicker:
        """What the frames written so far amount to."""
        frames = len(self._counts)
        seconds = 0.0
        if frames > 1:
            seconds = (self._times_s[-1] - self._times_s[0]) * frames / (frames - 1)
        new = len(self._ids - self._first_ids)
        return Flicker(
            frames=frames,
            seconds=seconds,
            people=sum(self._counts) / max(frames, 1),
            mask_share=self._mask_flips / max(self._area, 1),
            identity_share=self._identity_flips / max(self._area, 1),
            count_frames=_restless(np.array(self._counts, np.int64)),
            identities=len(self._ids),
            new_per_minute=new / (seconds / 60) if seconds else 0.0,
        )

    def _compare(self, before: Int64Array, now: Int64Array, after: Int64Array) -> None:
        was, is_now, will_be = before > 0, now > 0, after > 0
        self._mask_flips += int(((was == will_be) & (was != is_now)).sum())
        self._identity_flips += int(((before == after) & (before != now)).sum())
        self._area += int((was | is_now | will_be).sum())


def _restless(counts: Int64Array) -> int:
    """Frames whose count is above both neighbours' or below both."""
    steps = np.sign(np.diff(counts))
    return int((steps[:-1] * steps[1:] < 0).sum())
