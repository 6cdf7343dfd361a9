"""When a frame of a file is due on the screen."""

from __future__ import annotations

from dataclasses import dataclass

LATE_LIMIT_S = 0.75
"""Behind by more, the clock starts anew from the frame at hand instead of dropping on."""


@dataclass(frozen=True, slots=True)
class PlaybackClock:
    """Maps the file's own time to the wall clock: at `wall_s` the frame of `media_s` is due.

    wall_s: seconds of `time.perf_counter()`. media_s: seconds of `Frame.shown_s`.
    speed: 2 plays twice as fast.
    """

    wall_s: float
    media_s: float
    speed: float = 1.0

    def due_s(self, media_s: float) -> float:
        """Wall time at which the frame of `media_s` is due."""
        return self.wall_s + (media_s - self.media_s) / self.speed

    def is_hopelessly_late(self, media_s: float, now_s: float) -> bool:
        """True when the machine cannot keep up and catching up would show nothing."""
        return now_s - self.due_s(media_s) > LATE_LIMIT_S
