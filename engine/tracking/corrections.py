"""Identities that the user put right, in the tracker's memory and in what was seen of a film."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.tracking.memory import TrackState
from engine.tracking.sighting import Person, Sighting


@dataclass(frozen=True, slots=True)
class Correction:
    """`wrong` is `right`: from `time_s` on where the two were confused, else in all of the film.

    exchanged: both were in sight, or `right` is somebody new; the one then is the other.
    visit: sightings of that visit and later ones have the right ids already.
    """

    wrong: int
    right: int
    exchanged: bool
    time_s: float
    visit: int = 0

    @classmethod
    def of(cls, state: TrackState, wrong: int, right: int | None) -> Correction | None:
        """After the frame that `state` remembers; None where there is nobody to put right.

        right: None is somebody new.
        """
        in_sight = {track.track_id for track in state.in_sight}
        exchanged = right is None or right in in_sight
        known = in_sight if exchanged else {track.track_id for track in state.tracks}
        if wrong not in known or wrong == right:
            return None
        right = state.next_id if right is None else right
        return cls(wrong, right, exchanged, state.time_s)

    def name(self, track_id: int) -> int:
        """The id that somebody called so has."""
        if track_id == self.wrong:
            return self.right
        return self.wrong if track_id == self.right else track_id

    def in_memory(self, state: TrackState) -> TrackState:
        """The tracker's memory as if it had never been wrong."""
        tracks = tuple(
            replace(track, track_id=self.name(track.track_id))
            for track in state.tracks
            # Who was lost under that id is back.
            if self.exchanged or track.track_id != self.right
        )
        return replace(state, tracks=tracks, next_id=max(state.next_id, self.right + 1))

    def confuses(self, before_s: float, time_s: float, within_s: float) -> bool:
        """Whether the two must be told apart at that time, though both are known there.

        before_s: time of the frame before.
        """
        just_then = before_s < self.time_s or time_s - self.time_s <= within_s
        return self.exchanged and self.time_s <= time_s and just_then

    def in_sighting(self, seen: Sighting) -> Sighting:
        """What was seen, with the right ids."""
        if seen.visit >= self.visit or (self.exchanged and seen.time_s < self.time_s):
            return seen
        people = seen.people()
        ids = {person.track_id for person in people}
        if not ids & {self.wrong, self.right} or (self.right in ids and not self.exchanged):
            return seen
        renamed = [_renamed(person, self.name(person.track_id)) for person in people]
        return Sighting.of(seen.visit, seen.time_s, seen.frame_hw, renamed)


def corrected(seen: Sighting, corrections: Iterable[Correction]) -> Sighting:
    """A sighting after all that was put right, in the order in which that was done."""
    for correction in corrections:
        seen = correction.in_sighting(seen)
    return seen


def _renamed(person: Person, track_id: int) -> Person:
    return replace(person, track_id=track_id)
