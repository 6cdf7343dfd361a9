"""Which frame comes next, and when: live at once, files by their own clock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.clock import PlaybackClock
from engine.errors import check_range
from engine.reader import FrameReader
from engine.types import Frame

SLOWEST, FASTEST = 0.1, 8.0
"""Speeds a film can be played at; 2 is twice as fast."""

STEP_BACK_S = 1e-4
"""Less than any frame lasts: seeking this far before a frame finds the one before it."""

LONGEST_STAND_S = 60.0
"""Where a film's end is later than this after its last picture, something is missing there."""


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
        self._sought_s: float | None = None  # until its frame is taken
        self._wanted_while_paused = 1
        self._late_frames = 0
        self._seeks = 0

    @property
    def dropped_frames(self) -> int:
        """Frames that were read and never shown."""
        return self._late_frames + self._reader.overwritten

    @property
    def position_s(self) -> float:
        """`shown_s` of the frame taken last."""
        return self._last.shown_s if self._last else 0.0

    @property
    def seeks(self) -> int:
        """How often the source was told to go elsewhere."""
        return self._seeks

    @property
    def is_seeking(self) -> bool:
        """Whether the frame that was sought is still to come."""
        return self._sought_s is not None

    def stands(self, playback: Playback) -> bool:
        """Whether the frame taken last stays: nothing more is wanted, or there is nothing more."""
        if playback.paused:
            return self._wanted_while_paused == 0
        return self._reader.ended and not playback.loop

    def restart_clock(self) -> None:
        """The next frame is due at once: after a pause, a seek or a change of speed."""
        self._clock = None

    def seek(self, time_s: float) -> None:
        """Go to `time_s`, if the source can; while paused, the frame there is shown."""
        info = self._reader.info
        if info is not None and not info.seekable:
            return  # to ask it nevertheless would be its end
        self._reader.seek(time_s)
        self._sought_s = time_s
        self._seeks += 1
        self.restart_clock()
        self._wanted_while_paused = 1

    def seek_start(self) -> None:
        """Go to the first frame."""
        info = self._reader.info
        self.seek(info.start_s if info is not None else 0.0)

    def step(self, frames: int) -> None:
        """Show that many frames more while paused; negative goes back.

        Steps count from where those before them lead, whether that was shown yet or not.
        """
        if frames > 0:
            self._wanted_while_paused += frames
            return
        still_to_come = self._wanted_while_paused - (self._sought_s is not None)
        if self._last is None and self._sought_s is None:
            return  # nothing was taken yet
        if -frames <= still_to_come:
            self._wanted_while_paused += frames
        else:
            self._step_back(-frames - still_to_come)

    def _step_back(self, frames: int) -> None:
        """That many from the frame that was sought, or else from the one taken last."""
        info = self._reader.info
        frame_s = 1.0 / (info.fps if info and info.fps else 30.0)
        if self._sought_s is not None:
            self.seek(self._sought_s - frames * frame_s)
        elif self._last is not None:
            self.seek(self._last.time_s - (frames - 1) * frame_s - STEP_BACK_S)

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
            self._last, self._sought_s = frame, None
            self._wanted_while_paused = max(0, self._wanted_while_paused - 1)
        return frame

    def wait_s(self, playback: Playback) -> float | None:
        """Seconds until the frame at hand is due, or a loop begins anew; None when only an
        event can help."""
        waiting, clock = self._reader.waiting, self._clock
        if playback.paused or clock is None:
            return None
        if waiting:
            return max(0.0, clock.due_s(waiting[0].shown_s) - time.perf_counter())
        return self.rest_s() if self._reader.ended and self.loops(playback) else None

    def loops(self, playback: Playback) -> bool:
        """Whether the film begins anew when it is over."""
        info = self._reader.info
        return playback.loop and not playback.paused and info is not None and info.seekable

    def rest_s(self) -> float:
        """Seconds that the last picture of a film still has to stand, before a loop begins anew."""
        info = self._reader.info
        if info is None or self._clock is None or self._last is None:
            return 0.0
        stands_s = info.start_s + (info.duration_s or 0.0) - self._last.time_s
        if not 0 < stands_s <= LONGEST_STAND_S:
            stands_s = 1.0 / info.fps if info.fps else 0.0
        due_s = self._clock.due_s(self._last.time_s + stands_s)
        return max(0.0, due_s - time.perf_counter())

    def expected(self, playback: Playback, at_s: float) -> Frame | None:
        """The frame of a film that `take` gives at `at_s` or else next, as it looks now.

        at_s: seconds of `time.perf_counter()`. None where nobody can tell: of a live source
        the newest counts, and while paused the user decides.
        """
        info, waiting = self._reader.info, self._reader.waiting
        if info is None or info.live or playback.paused or not waiting:
            return None
        clock = self._clock_at(waiting[0], at_s, playback.speed)
        return waiting[max(0, _due_count(waiting, clock, at_s) - 1)]

    def _take_due(self, playback: Playback) -> Frame | None:
        waiting = self._reader.waiting
        if not waiting:
            return None
        now_s = time.perf_counter()
        self._clock = clock = self._clock_at(waiting[0], now_s, playback.speed)
        due = _due_count(waiting, clock, now_s)
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
        return replace(frame, captured_at_s=clock.due_s(frame.shown_s))

    def _clock_at(self, first: Frame, at_s: float, speed: float) -> PlaybackClock:
        """The clock that counts then; one that begins with `first` where there is none yet
        or it is hopelessly late."""
        if self._clock is None or self._clock.is_hopelessly_late(first.shown_s, at_s):
            return PlaybackClock(at_s, first.shown_s, speed)
        return self._clock


def _due_count(frames: Sequence[Frame], clock: PlaybackClock, at_s: float) -> int:
    return sum(clock.due_s(frame.shown_s) <= at_s for frame in frames)
