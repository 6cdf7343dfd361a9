"""How well identities stay with their people, where it is known who is who in each frame.

Somebody found is the person whose mask theirs overlaps by half (IoU); the masks of a frame are
disjoint, so that is one at most. Who is mostly hidden or out of the frame need not be found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from scipy.optimize import linear_sum_assignment

from engine.training.walks import Truth
from engine.types import Instances, Int64Array

MIN_IOU = 0.5

SEEN_SHARE = 0.25
"""Somebody is in sight while so much of them is, and at least `SEEN_PX` pixels."""

SEEN_PX = 400

AWAY_S = 0.5
"""Out of sight for so long, somebody returns; for less they were there all the time."""


HEADER = "to find  found   IDF1  IDF1 of found  switches  stolen  gaps  returns  known   after"


@dataclass(frozen=True, slots=True)
class Identity:
    """Counts of one clip or, added up, of several.

    to_find: people in sight, summed over the frames. shown: people found. matched: of both, those
    who are each other. kept: of these, those under the id that goes best with the person over the
    clip, every id with one person (IDTP). switches: somebody matched has another id than when
    matched last; stolen: of these, and of the newcomers, those whose id was somebody else's before.
    gaps: somebody in sight was matched, was not, and is again. returns: times that somebody
    comes back after `AWAY_S` and is matched; known: of these, under the id of before, after
    known_s in all. newcomers: people matched for the first time.
    """

    to_find: int = 0
    shown: int = 0
    matched: int = 0
    kept: int = 0
    switches: int = 0
    stolen: int = 0
    gaps: int = 0
    returns: int = 0
    known: int = 0
    known_s: float = 0.0
    newcomers: int = 0

    def __add__(self, other: Identity) -> Identity:
        return Identity(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def idf1(self) -> float:
        """Of people in sight and people found, the share that is under the right identity."""
        return 2 * self.kept / max(self.to_find + self.shown, 1)

    @property
    def idf1_found(self) -> float:
        """The same of those matched alone: what the network misses does not count."""
        return self.kept / max(self.matched, 1)


def identity_table(title: str, clips: Mapping[str, Identity]) -> str:
    """A row per clip and one of all, as plain text."""
    rows = {**clips, "all": sum(clips.values(), Identity())}
    width = max(len(name) for name in (title, *rows))
    lines = [f"{title:<{width}}  {HEADER}"]
    for name, found in rows.items():
        known_s = f"{found.known_s / found.known:.2f} s" if found.known else "-"
        lines.append(
            f"{name:<{width}}  {found.to_find:>7}  {found.matched:>5}  {found.idf1:>5.3f}"
            f"  {found.idf1_found:>13.3f}  {found.switches:>8}  {found.stolen:>6}  {found.gaps:>4}"
            f"  {found.returns:>7}  {found.known:>5}  {known_s:>6}"
        )
    return "\n".join(lines)


class IdentityMeter:
    """Compares one clip with its truth, frame by frame, in order."""

    def __init__(self) -> None:
        self._found = Identity()
        self._frames: dict[tuple[int, int], int] = defaultdict(int)
        self._people: dict[int, _Followed] = defaultdict(_Followed)
        self._owner_of: dict[int, int] = {}

    def write(self, truth: Truth, people: Instances, time_s: float) -> None:
        """The next frame: who was there, and the application's people with their ids."""
        present = truth.shown_px >= np.maximum(SEEN_PX, SEEN_SHARE * truth.whole_px)
        shared = _shared(truth, people)
        own_px, their_px = shared.sum(axis=1), shared.sum(axis=0)
        iou = shared[1:, 1:] / np.maximum(own_px[1:, None] + their_px[1:] - shared[1:, 1:], 1)
        matches = {int(p): int(people.track_ids[i]) for p, i in np.argwhere(iou >= MIN_IOU)}
        hidden = [p + 1 for p in np.flatnonzero(~present) if p not in matches]
        excused = shared[hidden, 1:].sum(axis=0) >= their_px[1:] / 2
        self._found += Identity(
            to_find=len({*np.flatnonzero(present).tolist(), *matches}),
            shown=len(people) - int(excused.sum()),
            matched=len(matches),
        )
        for p in range(len(present)):
            self._found += self._people[p].seen(bool(present[p]), p in matches, time_s)
        for p, track_id in matches.items():
            self._frames[p, track_id] += 1
            others = self._owner_of.get(track_id, p) != p
            self._found += self._people[p].matched(track_id, others, time_s)
        self._owner_of.update({track_id: p for p, track_id in matches.items()})

    def report(self) -> Identity:
        """What the frames written so far amount to."""
        return self._found + Identity(kept=self._kept())

    def _kept(self) -> int:
        ids = sorted({track_id for _, track_id in self._frames})
        frames = np.array([[self._frames[p, i] for i in ids] for p in self._people], np.int64)
        return int(frames[linear_sum_assignment(frames, maximize=True)].sum()) if ids else 0


class _Followed:
    """One person as the meter goes along."""

    def __init__(self) -> None:
        self._id: int | None = None
        self._missed = False
        self._in_sight_s: float | None = None
        self._back_s = 0.0
        self._id_before: int | None = None
        self._returns = False

    def seen(self, present: bool, matched: bool, time_s: float) -> Identity:
        """Whether they are in sight, and found."""
        if not (present or matched):
            return Identity()
        away = self._in_sight_s is not None and time_s - self._in_sight_s >= AWAY_S
        if away and self._id is not None:
            self._back_s, self._id_before, self._returns = time_s, self._id, True
            self._missed = False
        self._in_sight_s = time_s
        gap = matched and self._missed
        self._missed = not matched and (self._missed or self._id is not None)
        return Identity(gaps=int(gap))

    def matched(self, track_id: int, others: bool, time_s: float) -> Identity:
        """Found under that id; others: it was somebody else's."""
        is_new, switched = self._id is None, self._id not in (None, track_id)
        self._id = track_id
        returns, self._returns = self._returns, False
        known = self._id_before == track_id
        if known:
            self._id_before = None
        return Identity(
            switches=int(switched),
            stolen=int(others and (is_new or switched)),
            returns=int(returns),
            known=int(known),
            known_s=time_s - self._back_s if known else 0.0,
            newcomers=int(is_new),
        )


def _shared(truth: Truth, people: Instances) -> Int64Array:
    """(1 + people in truth, 1 + people found) pixels, 0 nobody."""
    rows, columns = len(truth.whole_px) + 1, len(people) + 1
    pairs = truth.labels.astype(np.int64) * columns + people.labels
    return np.bincount(pairs.ravel(), minlength=rows * columns).reshape(rows, columns)
