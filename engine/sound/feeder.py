"""Puts sound into a loudspeaker so that it is heard together with its picture."""

from __future__ import annotations

from engine.sound.output import SoundOutput
from engine.sound.piece import SoundPiece, ramped, silence
from engine.sound.screen import FilmTime
from engine.sound.track import SoundTrack
from engine.types import Float32Array

TOLERANCE_S = 0.04
"""Sound that is off by less is left alone: nobody sees it, and a jump would be heard."""

FADE_S = 0.005
"""Sound begins and ends over this long, so that it does not click."""


class Feeder:
    """One track into one loudspeaker; used by one thread.

    Sound that is too early waits in silence, sound that is too late is left out.
    """

    def __init__(self, track: SoundTrack, output: SoundOutput) -> None:
        self._track, self._output = track, output
        self._fade = round(FADE_S * output.rate_hz)
        self._next: SoundPiece | None = None
        self._after: SoundPiece | None = None
        self._flows = False
        self._gain = 0.0

    def restart(self, film: FilmTime, now_s: float) -> None:
        """Go on with what can be heard next, elsewhere in the film or at another speed."""
        self.fall_silent()
        self._track.seek(film.at(now_s + self._output.queued_s), film.speed)

    def fall_silent(self) -> None:
        """End softly; what was decoded ahead is dropped."""
        if self._flows and self._next is not None:
            self._end(self._next)
        self._next = self._after = None

    def feed(self, film: FilmTime, now_s: float, gain: float) -> None:
        """Fill the loudspeaker. gain: factor of the volume, from 0 to 1."""
        # What a soft end needs is kept free for it.
        while (room := self._output.room - self._fade) > 0 and (piece := self._look()):
            early_s = piece.time_s - film.at(now_s + self._output.queued_s)
            if not self._flows:
                self._gain = gain
                self._align(piece, round(early_s / piece.step_s), room)
            elif abs(early_s) > TOLERANCE_S * film.speed or len(piece) <= self._fade:
                self._end(piece)
            else:
                count = min(room, len(piece) - self._fade)
                self._write(piece.samples[:count], self._gain, gain)
                self._next, self._gain = piece.without_start(count), gain

    def _align(self, piece: SoundPiece, early: int, room: int) -> None:
        """Begin to flow, or do what has to come before. early: samples, negative for late."""
        if early > 0:
            self._output.write(silence(min(early, room)))
        elif early < 0:
            self._next = piece.without_start(-early)
        else:
            count = min(self._fade, room)
            self._flows = True
            self._write(piece.samples[:count], 0.0, self._gain)
            self._next = piece.without_start(count)

    def _end(self, piece: SoundPiece) -> None:
        self._flows = False
        self._write(piece.samples[: self._fade], self._gain, 0.0)
        self._next = piece.without_start(self._fade)

    def _look(self) -> SoundPiece | None:
        """What comes next, long enough for a soft end unless there is a gap behind it."""
        while self._after is None and (self._next is None or len(self._next) <= self._fade):
            following = self._track.read()
            if following is None:
                break
            joined = self._next.followed_by(following) if self._next is not None else following
            if joined is None:
                self._after = following
            else:
                self._next = joined
        if self._next is None:
            self._next, self._after = self._after, None
        return self._next

    def _write(self, samples: Float32Array, first_gain: float, last_gain: float) -> None:
        self._output.write(ramped(samples, first_gain, last_gain))
