"""Which moment of the film the screen shows, from the pictures that reached it."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

SLOWEST_HEARD, FASTEST_HEARD = 0.5, 2.0
"""Speeds with sound. Slower, FFmpeg's atempo refuses it; faster, nobody understands a word."""

PICTURES = 9
"""The middle one of so many counts: one that was held up does not move the sound."""

PATIENCE_S = 1.0
"""Pictures later than due by more than this, and than two of them last, are not coming."""


@dataclass(frozen=True, slots=True)
class FilmTime:
    """A film that goes on: at `wall_s` it is at offset_s + speed · wall_s.

    Both in seconds; wall_s of the clock under which the pictures came.
    """

    offset_s: float
    speed: float

    def at(self, wall_s: float) -> float:
        """The moment of the film that is shown at `wall_s`."""
        return self.offset_s + self.speed * wall_s


class Screen:
    """Remembers when the last pictures came, since the last `forget`.

    picture_s: how long one stands at speed 1.
    """

    def __init__(self, picture_s: float = 0.0) -> None:
        self._picture_s = picture_s
        self._offsets_s: deque[float] = deque(maxlen=PICTURES)
        self._speed = 1.0
        self._last_s = self._stands_s = 0.0

    @property
    def is_blank(self) -> bool:
        """True after `forget`."""
        return not self._offsets_s

    def forget(self) -> None:
        """The film stands, or goes on elsewhere."""
        self._offsets_s.clear()

    def show(self, time_s: float, speed: float, wall_s: float, stands_s: float) -> None:
        """A picture of `time_s` on the film's timeline is there at `wall_s`, and is to stand."""
        self._speed, self._last_s, self._stands_s = speed, wall_s, stands_s
        self._offsets_s.append(time_s - speed * wall_s)

    def film_time(self, wall_s: float) -> FilmTime | None:
        """How the film goes on; None while nothing is known of it."""
        usual_s = 2 * self._picture_s / self._speed
        patience_s = max(PATIENCE_S + self._stands_s / self._speed, usual_s)
        if not self._offsets_s or wall_s - self._last_s > patience_s:
            return None
        return FilmTime(statistics.median(self._offsets_s), self._speed)
