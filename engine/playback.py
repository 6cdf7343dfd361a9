"""Which frame comes next, and when: live at once, files by their own clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from engine.clock import PlaybackClock
from engine.config import check_range
from engine.reader import FrameReader
from engine.types import Frame

SLOWEST, FASTEST = 0.1, 8.0
"""Speeds a film can be played at; 2 is twice as fast."""

STEP_BACK_S = 1e-4
"""Less than any frame lasts: seeking this far before a frame finds the one before it."""


@dataclass(frozen=True, slots=True)
class Playback:
    """How a file is played; a live source ignores all of it but `paused`.

    speed: from SLOWEST to FASTEST. loop: start again at the end.
    """

    paused: bool = False
    speed: float = 1.0
    loop: bool = False

    def __post_init__(self) -> None:
        check_range("speed", self.speed, SLOWEST, FASTEST)


class FramePicker:
    """Takes frames out of a reader when they are due; used by the session's thread alone.

    A frame of a file that is already late, while the one after it is due too, is dropped
    and counted. When the machine is hopelessly late the clock starts anew, so that a slow
    machine shows slow motion and not a slide show.
    """

    def __init__(self, reader: FrameReader) -> None:
        self._reader = reader
        self._clock: PlaybackClock | None = None
        self._last: Frame | None = None
        self._wanted_while_paused = 1
        self._late_frames = 0
        self._seeks = 0

    @property
    def dropped_frames(self) -> int:
        """Frames that were read and never shown."""
        return self._late_frames + self._reader.overwritten

    @property
    def position_s(self) -> float:
        """`time_s` of the frame taken last."""
        return self._last.time_s if self._last else 0.0

    @property
    def seeks(self) -> int:
        """How often the source was told to go elsewhere."""
        return self._seeks

    def restart_clock(self) -> None:
        """The next frame is due at once: after a pause, a seek or a change of speed."""
        self._clock = None

    def seek(self, time_s: float) -> None:
        """Go to `time_s`, if the source can; while paused, the frame there is shown."""
        info = self._reader.info
        if info is not None and not info.seekable:
            return  # to ask it nevertheless would be its end
        self._reader.seek(time_s)
        self._seeks += 1
        self.restart_clock()
        self._wanted_while_paused = 1

    def step(self, frames: int) -> None:
        """Show that many frames more while paused; negative goes back."""
        if frames > 0:
            self._wanted_while_paused += frames
        elif frames < 0 and self._last is not None:
            info = self._reader.info
            further_back_s = (-frames - 1) / (info.fps if info and info.fps else 30.0)
            self.seek(self._last.time_s - further_back_s - STEP_BACK_S)

    def take(self, playback: Playback) -> Frame | None:
        """The next frame if it is due now."""
        info = self._reader.info
        if info is None or (playback.paused and self._wanted_while_paused == 0):
            return None
        if playback.paused or info.live:
            frame = self._reader.take()
        else:
            frame = self._take_due(playback)
        if frame is not None:
            self._last = frame
            self._wanted_while_paused = max(0, self._wanted_while_paused - 1)
        return frame

    def wait_s(self, playback: Playback) -> float | None:
        """Seconds until the frame at hand is due; None when only an event can help."""
        times_s = self._reader.peek_times_s()
        if playback.paused or self._clock is None or not times_s:
            return None
        return max(0.0, self._clock.due_s(times_s[0]) - time.perf_counter())

    def _take_due(self, playback: Playback) -> Frame | None:
        times_s = self._reader.peek_times_s()
        if not times_s:
            return None
        now_s = time.perf_counter()
        if self._clock is None or self._clock.is_hopelessly_late(times_s[0], now_s):
            self._clock = PlaybackClock(now_s, times_s[0], playback.speed)
        due = sum(1 for time_s in times_s if self._clock.due_s(time_s) <= now_s)
        if due == 0:
            return None
        for _ in range(due - 1):
            self._reader.take()
            self._late_frames += 1
        frame = self._reader.take()
        if frame is None:
            return None
        # Latency of a file counts from when the frame should have been seen, not from
        # when it was decoded ahead.
        return replace(frame, captured_at_s=self._clock.due_s(frame.time_s))
