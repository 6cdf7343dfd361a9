"""How sure the network is of each person, as a number that can be read while the film runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.captions.remembering import remembered, renamed
from engine.types import Instances

SMOOTH_S = 0.4
"""Time constant of the mean that is shown."""

JUMP = 5.0
"""So many points away it is shown at once."""

CALM_S = 1.0
"""Otherwise it changes no more often than that."""


@dataclass(frozen=True, slots=True)
class _Kept:
    shown: int
    shown_at_s: float
    mean: float
    seen_at_s: float


@dataclass(frozen=True, slots=True)
class Percents:
    """Confidence of everybody in a frame, 0 to 100, steady from frame to frame. by_id: what is
    kept for the next frame, by track id."""

    shown: tuple[int, ...] = ()
    by_id: Mapping[int, _Kept] = field(default_factory=lambda: MappingProxyType({}))

    def renamed(self, name: Callable[[int], int]) -> Percents:
        """With every id as `name` calls it."""
        return Percents(self.shown, renamed(self.by_id, name))


def percents_of(people: Instances, time_s: float, before: Percents | None) -> Percents:
    """The percents of `people`, in their order.

    before: what the call for the frame before returned, None to take the scores as they are,
    as is done for whoever is not tracked.
    """
    by_id = remembered(before.by_id, time_s) if before is not None else {}
    shown = []
    for track_id, score in zip(people.track_ids.tolist(), people.scores.tolist(), strict=True):
        kept = _next(100 * score, by_id.get(track_id), time_s)
        shown.append(kept.shown)
        if track_id > 0:
            by_id[track_id] = kept
    return Percents(tuple(shown), by_id)


def _next(percent: float, before: _Kept | None, time_s: float) -> _Kept:
    if before is None:
        return _Kept(round(percent), time_s, percent, time_s)
    share = 1 - math.exp(-(time_s - before.seen_at_s) / SMOOTH_S)
    mean = before.mean + share * (percent - before.mean)
    calm = time_s - before.shown_at_s < CALM_S and abs(mean - before.shown) < JUMP
    if calm or round(mean) == before.shown:
        return _Kept(before.shown, before.shown_at_s, mean, time_s)
    return _Kept(round(mean), time_s, mean, time_s)
