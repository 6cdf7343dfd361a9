"""Times of a source onto the clock of a recording."""

from __future__ import annotations

from dataclasses import dataclass

from engine.sink.formats import TICKS_PER_S
from engine.types import Frame

DEFAULT_FPS = 30.0
"""For the duration of the only frame of a recording, where neither it nor a rate tells."""

MOST_TICKS = 2**31 - 1
"""For so long, ten hours, MP4 can let one picture stand."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame goes. pts, duration: ticks. rebased: the source has jumped."""

    pts: int
    duration: int
    rebased: bool


class Timeline:
    """Strictly increasing ticks, 0 for the first frame, in real time.

    A frame shown again (same time: settings changed while paused) has no place of its
    own. A jump (loop, seek) goes on where the recording is, one frame later; as long after the
    frame before as that is shown where it leads to the earliest time so far, as a loop does. A gap
    without a jump, as of a camera that paused, is a picture that stands still for that long; one
    that no file can hold is a jump, too.
    """

    def __init__(self, fps: float | None) -> None:
        self._frame_ticks = min(round(TICKS_PER_S / fps), MOST_TICKS) if fps else None
        self._step = self._frame_ticks or round(TICKS_PER_S / DEFAULT_FPS)
        self._gap: int | None = None  # ticks from the last frame but one to the last
        self._last_s: float | None = None
        self._first_s = float("inf")
        self._last_pts = self._last_ticks = 0
        self._offset_s = 0.0
        self._jumps = 0

    @property
    def offset_s(self) -> float:
        """Source time minus recording time, seconds, since the last jump."""
        return self._offset_s

    @property
    def last_s(self) -> float | None:
        """Source time of the last frame placed, None before the first."""
        return self._last_s

    def place(self, frame: Frame, jumps: int) -> Placement | None:
        """The place of a frame, None for one shown again.

        jumps: how often the source had jumped before it.
        """
        time_s, shown_s = frame.time_s, frame.shown_s
        if time_s == self._last_s:
            return None
        jumped, self._jumps = jumps != self._jumps, jumps
        starts_over = time_s <= self._first_s
        self._first_s = min(time_s, self._first_s)
        if self._last_s is None:
            self._last_s, self._offset_s = time_s, shown_s
            return self._placement(0, frame, rebased=False)
        pts = max(round((shown_s - self._offset_s) * TICKS_PER_S), self._last_pts + 1)
        rebased = jumped or time_s < self._last_s or pts - self._last_pts > MOST_TICKS
        if rebased:
            pts = self._last_pts + (self._last_ticks if starts_over else self._step)
            self._offset_s = shown_s - pts / TICKS_PER_S
        else:
            self._step = self._frame_ticks or self._usual_step(pts - self._last_pts)
        self._last_s, self._last_pts = time_s, pts
        return self._placement(pts, frame, rebased)

    def _usual_step(self, gap: int) -> int:
        """After a pause as before it: the smaller of the last two."""
        before, self._gap = self._gap, gap
        return gap if before is None else min(gap, before)

    def _placement(self, pts: int, frame: Frame, rebased: bool) -> Placement:
        lasts_s = frame.duration_s
        ticks = self._step if lasts_s is None else round(lasts_s * TICKS_PER_S)
        ticks += round(frame.lead_s * TICKS_PER_S)
        self._last_ticks = min(max(1, ticks), MOST_TICKS)
        return Placement(pts, self._last_ticks, rebased)
