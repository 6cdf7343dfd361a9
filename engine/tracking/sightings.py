"""Who was where in a film: people are themselves again after a jump, a loop and in an export."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from engine.config import Said
from engine.tracking.corrections import Correction, Corrections, called_alone
from engine.tracking.memory import Track, TrackState
from engine.tracking.overlap import box_iou, mask_iou
from engine.tracking.sighting import Person, Sighting
from engine.types import Instances

SLOT_S = 0.2
"""One frame is remembered for so much of a film, and recognised from no further away."""

MAX_SLOTS = 36_000
"""Two hours of film: about 50 MB with 20 people always in sight."""

MIN_OVERLAP = 0.3
"""Mean of mask and box IoU from which somebody is the person remembered there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Now:
    """What becomes the sighting of a slot when it is left.

    in_sight: who is there. before: what an older visit saw in the same slot.
    """

    visit: int
    time_s: float
    frame_hw: tuple[int, int]
    in_sight: list[Track]
    before: Sighting | None

    def settled(self) -> Sighting:
        people = [Person.of(track) for track in self.in_sight]
        if self.before is not None:
            held = {person.track_id for person in people}
            # Not found this time, perhaps because of other thresholds.
            people += [p for p in self.before.people() if p.track_id not in held]
        return Sighting.of(self.visit, self.time_s, self.frame_hw, people)


class Sightings:
    """The identities of a film by its own clock; one thread fills it, any may `copy` it.

    The tracker alone begins anew after every jump. What was seen once at a place of the
    film decides there ever after: somebody found there whose identity was not seen there
    takes the one that was, so that a person who is hidden stays hidden.

    corrections: what the user put right; the ids here are the tracker's.
    """

    def __init__(self, corrections: Corrections | None = None) -> None:
        self.corrections = corrections or Corrections()
        self._lock = threading.Lock()
        self._slots: dict[int, Sighting] = {}
        self._now: _Now | None = None
        self._visit = 0
        self._next_id = 1

    @property
    def next_id(self) -> int:
        """The first id that nobody has had."""
        with self._lock:
            return self._free_id()

    @property
    def visit(self) -> int:
        """How many jumps there were."""
        with self._lock:
            return self._visit

    def jump(self) -> None:
        """The next frame does not follow the last one."""
        with self._lock:
            self._settle()
            self._visit += 1

    def copy(self) -> Sightings:
        """The same memory for somebody else, who comes to the film anew."""
        made = Sightings(self.corrections.copy())
        with self._lock:
            made._slots, made._now = dict(self._slots), self._now
            made._visit, made._next_id = self._visit, self._next_id
        made.jump()
        return made

    def remember(self, state: TrackState) -> None:
        """Take the identities of the tracker's memory as they are."""
        with self._lock:
            self._next_id = max(self._next_id, state.next_id)
            self._note(state, [])

    def recognise(
        self, people: Instances, state: TrackState, said: Sequence[Said] = ()
    ) -> tuple[Instances, TrackState]:
        """Tracked people and the tracker's memory, both under the identities of this place.

        Only frames from before the last jump are asked: since then the tracker knows
        better. The outcome is remembered. said: what is put right.
        """
        made = self.corrections.made(said)
        with self._lock:
            near = self._near(state)
            known = [(seen.time_s, person) for seen in near for person in seen.people()]
            ids = {p.track_id for _, p in known}.union(t.track_id for t in state.in_sight)
            names = _names(state, known, self._confused(ids, state.time_s, made), made)
            people, state = _renamed(people, state, names, self._free_id())
            self._next_id = max(self._next_id, state.next_id)
            self._note(state, near)
        return people, state

    def _free_id(self) -> int:
        return max(self._next_id, self.corrections.next_id)

    def _near(self, state: TrackState) -> list[Sighting]:
        """What earlier visits saw around here, the nearest first."""
        slots = (self._slots.get(_slot(state.time_s) + step) for step in (-1, 0, 1))
        near = [
            sighting
            for sighting in slots
            if sighting is not None
            and sighting.visit != self._visit
            and sighting.frame_hw == state.frame_hw
            and abs(sighting.time_s - state.time_s) <= SLOT_S
        ]
        return sorted(near, key=lambda sighting: abs(sighting.time_s - state.time_s))

    def _confused(
        self, ids: Iterable[int], time_s: float, made: tuple[Correction, ...]
    ) -> dict[int, float]:
        """Ids that the tracker may have confused here → since when what was seen tells better."""
        before_s = self._now.time_s if self._now is not None else time_s
        since: dict[int, float] = {}
        for n, c in enumerate(made):
            if c.visit != self._visit and c.confuses(before_s, time_s, SLOT_S):
                two = [i for i in ids if called_alone(i, time_s, made[:n]) in (c.wrong, c.right)]
                since.update(dict.fromkeys(two, c.time_s))
        return since

    def _note(self, state: TrackState, near: list[Sighting]) -> None:
        slot = _slot(state.time_s)
        if self._now is not None and _slot(self._now.time_s) != slot:
            self._settle()
        before = next((seen for seen in near if _slot(seen.time_s) == slot), None)
        self._now = _Now(self._visit, state.time_s, state.frame_hw, state.in_sight, before)

    def _settle(self) -> None:
        """A slot is written when it is left: until then an older visit's is still asked."""
        if self._now is not None:
            slot = _slot(self._now.time_s)
            if slot in self._slots or len(self._slots) < MAX_SLOTS:
                self._slots[slot] = self._now.settled()
        self._now = None


def _slot(time_s: float) -> int:
    return math.floor(time_s / SLOT_S)


def _names(
    state: TrackState,
    seen: list[tuple[float, Person]],
    confused: dict[int, float],
    made: tuple[Correction, ...],
) -> dict[int, int]:
    """The id that somebody has now → the one they had here, where the two differ.

    seen: who was, and when, the nearest first.
    """
    known: dict[int, Person] = {}
    for time_s, person in seen:
        if time_s >= confused.get(person.track_id, time_s):
            known.setdefault(person.track_id, person)
    in_sight = state.in_sight
    held = {track.track_id for track in in_sight} - confused.keys()
    strangers = [t for t in in_sight if t.track_id not in known or t.track_id in confused]
    missing = [person for track_id, person in known.items() if track_id not in held]
    if not strangers or not missing:
        return {}
    boxes = box_iou(
        np.stack([track.box_xyxy for track in strangers]),
        np.stack([person.box_xyxy for person in missing]),
    )
    masks = np.array(
        [[mask_iou((t.mask, t.mask_yx), (p.mask(), p.mask_yx)) for p in missing] for t in strangers]
    )
    overlap = (boxes + masks) / 2
    pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    names = {
        strangers[i].track_id: missing[j].track_id for i, j in pairs if overlap[i, j] >= MIN_OVERLAP
    }
    ids = [track.track_id for track in in_sight]
    return _exchanged(_uncontested(names, ids, state.time_s, made), ids)


def _uncontested(
    names: dict[int, int], in_sight: list[int], time_s: float, made: tuple[Correction, ...]
) -> dict[int, int]:
    """Without those that are what somebody is called who is followed already."""
    followed = [i for i in in_sight if i not in names and i not in names.values()]
    taken = {called_alone(track_id, time_s, made) for track_id in followed}
    return {
        now: before
        for now, before in names.items()
        if called_alone(before, time_s, made) not in taken
    }


def _exchanged(names: dict[int, int], in_sight: list[int]) -> dict[int, int]:
    """With those who lose their name to somebody taking one that gets free."""
    free = [i for i in names if i not in names.values()]
    losers = [i for i in in_sight if i in names.values() and i not in names]
    names = {**names, **dict(zip(losers, free, strict=False))}
    return {now: before for now, before in names.items() if now != before}


def _renamed(
    people: Instances, state: TrackState, names: dict[int, int], next_id: int
) -> tuple[Instances, TrackState]:
    """Under the other names; somebody out of sight who had one of them is forgotten."""
    if not names:
        return people, state
    ids = np.array([names.get(i, i) for i in people.track_ids.tolist()], np.int64)
    taken = set(names.values())
    tracks = tuple(
        replace(
            track,
            track_id=names.get(track.track_id, track.track_id),
            behind=names.get(track.behind, track.behind),
        )
        for track in state.tracks
        if track.track_id not in taken or track.track_id in names
    )
    used = [track.track_id + 1 for track in tracks]
    return people.with_track_ids(ids), replace(state, tracks=tracks, next_id=max(next_id, *used))
