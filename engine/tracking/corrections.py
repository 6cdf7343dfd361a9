"""Identities that the user put right: what the tracker's ids are called by those who look.

The tracker and what is remembered of a film keep the ids that they gave, right or wrong. So
nothing of what was put right is left once it is not said any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from engine.config import Said
from engine.tracking.memory import Track, TrackState


@dataclass(frozen=True, slots=True)
class Correction:
    """`wrong` is `right`: from `time_s` on where the two were confused, else in all of the film.

    exchanged: both were in sight, or `right` is somebody new; the one then is the other.
    visit: of the film, in which it was said; in later ones the tracker may go wrong elsewhere.
    """

    wrong: int
    right: int
    exchanged: bool
    time_s: float
    visit: int

    def called(self, ids: list[int], time_s: float) -> list[int]:
        """What those of one frame are called; `ids`: without this."""
        if self.exchanged:
            if time_s < self.time_s:
                return ids
            names = {self.wrong: self.right, self.right: self.wrong}
        elif self.right in ids:
            return ids  # there they are two
        else:
            names = {self.wrong: self.right}
        return [names.get(track_id, track_id) for track_id in ids]

    def confuses(self, before_s: float, time_s: float, within_s: float) -> bool:
        """Whether the two must be told apart at that time, though both are known there.

        before_s: time of the frame before.
        """
        just_then = before_s < self.time_s or time_s - self.time_s <= within_s
        return self.exchanged and self.time_s <= time_s and just_then


class Corrections:
    """Who was meant by what was said; one thread hears, any may `copy`."""

    def __init__(self, meant: dict[Said, Correction | None] | None = None) -> None:
        self._meant = meant or {}

    def copy(self) -> Corrections:
        """As understood so far."""
        return Corrections(self._meant)

    @property
    def next_id(self) -> int:
        """The first id above those given to somebody new."""
        return max((meant.right + 1 for meant in self._meant.values() if meant), default=1)

    def meant(self, one: Said) -> int | None:
        """The id that somebody has of whom that was said; None where nobody is meant."""
        correction = self._meant.get(one)
        return correction.right if correction is not None else None

    def hear(self, said: Sequence[Said], state: TrackState, visit: int) -> None:
        """Find out who is meant by what was not heard before, after the frame of `state`.

        That holds as long as it is said. Somebody who is not there then is not meant ever.
        """
        for place, one in enumerate(said):
            if one not in self._meant:
                meant = self._understood(one, said[:place], state, visit)
                self._meant = {**self._meant, one: meant}  # another thread may read the last one

    def made(self, said: Iterable[Said]) -> tuple[Correction, ...]:
        """What is put right as long as that is said, each after those before."""
        found = (self._meant.get(one) for one in said)
        return tuple(correction for correction in found if correction is not None)

    def without_doubles(
        self, state: TrackState, said: Sequence[Said]
    ) -> tuple[TrackState, tuple[Track, ...]]:
        """The tracker's memory, and those out of sight who are called like somebody seen later.

        These are back, so nobody else who comes is they.
        """
        made = self.made(said)
        if not made:
            return state, ()
        taken, doubles = set(_names_in_sight(state, made)), []
        for lost in sorted(state.out_of_sight, key=lambda t: t.seen_at_s, reverse=True):
            name = called_alone(lost.track_id, state.time_s, made)
            if name in taken:
                doubles.append(lost)
            taken.add(name)
        others = tuple(track for track in state.tracks if track not in doubles)
        return replace(state, tracks=others), tuple(doubles)

    def _understood(
        self, one: Said, before: Sequence[Said], state: TrackState, visit: int
    ) -> Correction | None:
        made = self.made(before)
        known = _names_in_sight(state, made)
        exchanged = one.right is None or one.right in known
        if not exchanged:
            known += [called_alone(t.track_id, state.time_s, made) for t in state.out_of_sight]
        if one.wrong not in known or one.wrong == one.right:
            return None
        right = max(state.next_id, self.next_id) if one.right is None else one.right
        return Correction(one.wrong, right, exchanged, state.time_s, visit)


def called(ids: Iterable[int], time_s: float, made: Iterable[Correction]) -> list[int]:
    """What all those in a frame are called after all that was put right, in its order."""
    names = list(ids)
    for correction in made:
        names = correction.called(names, time_s)
    return names


def called_alone(track_id: int, time_s: float, made: Iterable[Correction]) -> int:
    """What somebody is called where nobody else is."""
    return called([track_id], time_s, made)[0]


def _names_in_sight(state: TrackState, made: Iterable[Correction]) -> list[int]:
    return called([track.track_id for track in state.in_sight], state.time_s, made)
