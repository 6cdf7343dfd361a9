"""The thread that opens and reads a source, and the policy: live drops, files wait.

Devices, files and networks may block for ever. They do so in this thread alone; every
method here returns at once. A thread that hangs in a device is abandoned at `close` and
gives the device back as soon as it returns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import EngineError, SourceCutShort, SourceError, unexpected
from engine.source.base import LeavesOut, Source, SourceInfo
from engine.types import Frame

log = logging.getLogger(__name__)

READ_AHEAD_FRAMES = 12
"""Enough for a slow machine that drops most frames to catch up within a picture or two."""

LEAST_HOLE_S = 0.5
"""A picture that stands for less in the middle of a film is hardly noticed."""

READ_AHEAD_BYTES = 64 * 2**20
MIN_READ_AHEAD_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a film in which no picture can be decoded.

    from_s, to_s: `Frame.time_s` of the last picture before it and the first one after it.
    """

    from_s: float
    to_s: float


class FrameReader:
    """Owns one source and the thread that uses it.

    open_source: called in the thread. on_ready: called in the thread whenever there is
    something new (opened, a frame, the end, an error); it must be quick.
    read_ahead: frames decoded in advance of a file, fewer where they are large; a live
    source keeps one, the newest.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        on_ready: Callable[[], None] = lambda: None,
        read_ahead: int = READ_AHEAD_FRAMES,
    ) -> None:
        self._open_source = open_source
        self._on_ready = on_ready
        self._read_ahead = read_ahead
        self._changed = threading.Condition()
        self._queue: deque[Frame] = deque()
        self._taken: Frame | None = None  # the last one, since the last seek
        self._info: SourceInfo | None = None
        self._error: EngineError | None = None
        self._ended = False
        self._cut_short: SourceCutShort | None = None
        self._left_out: tuple[str, ...] = ()
        self._seek_to_s: float | None = None
        self._stop = False
        self._overwritten = 0
        self._read_ms = 0.0
        self._thread = threading.Thread(target=self._run, name="bbe-reader", daemon=True)
        self._thread.start()

    @property
    def info(self) -> SourceInfo | None:
        """The source's, or None until it is open."""
        with self._changed:
            return self._info

    @property
    def error(self) -> EngineError | None:
        """Why the source ended early, once every frame read before has been taken."""
        with self._changed:
            return None if self._queue else self._error

    @property
    def ended(self) -> bool:
        """True when the source has no more frames and all were taken."""
        with self._changed:
            return self._ended and not self._queue

    @property
    def cut_short(self) -> SourceCutShort | None:
        """Where `ended` is not the film's own end: why. It can still be searched."""
        with self._changed:
            return self._cut_short if self._ended and not self._queue else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Why files of the source were passed over so far, one sentence each."""
        with self._changed:
            return self._left_out

    @property
    def overwritten(self) -> int:
        """Frames of a live source that were replaced before anyone took them."""
        with self._changed:
            return self._overwritten

    @property
    def read_ms(self) -> float:
        """Milliseconds the last read of the source took."""
        with self._changed:
            return self._read_ms

    def take(self) -> Frame | None:
        """The next frame if there is one now."""
        with self._changed:
            if not self._queue:
                return None
            frame = self._taken = self._queue.popleft()
            self._changed.notify_all()
            return frame

    @property
    def waiting(self) -> tuple[Frame, ...]:
        """The frames that can be taken now, in order."""
        with self._changed:
            return tuple(self._queue)

    @property
    def hole(self) -> Hole | None:
        """What of a film is missing between the frame taken last and the next one, if much is.

        Only where ranks are missing, too: a picture may also be meant to stand so long.
        """
        with self._changed:
            before, info = self._taken, self._info
            if before is None or not self._queue or info is None or info.live or info.pictures:
                return None
            after = self._queue[0]
            is_one = after.index > before.index + 1 and after.time_s - before.time_s >= LEAST_HOLE_S
            return Hole(before.time_s, after.time_s) if is_one else None

    def seek(self, time_s: float) -> None:
        """Forget the frames read ahead and go on from `time_s`; the newest call wins.

        A source that cannot be searched goes on where it is: who asks before it is open
        cannot know.
        """
        with self._changed:
            self._queue.clear()
            self._taken = None
            self._seek_to_s, self._ended = time_s, False
            self._changed.notify_all()

    def request_stop(self) -> None:
        """Tell the thread to end; returns at once."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()

    def close(self, timeout_s: float = 2.0) -> bool:
        """End the thread; False if it hangs in the source and was abandoned."""
        self.request_stop()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("the source did not answer within %.1f s and was abandoned", timeout_s)
            return False
        return True

    def _run(self) -> None:
        try:
            source = self._open_source()
        except EngineError as error:
            self._publish(error=error)
            return
        except Exception as error:  # noqa: BLE001 - the thread's boundary: failures are values
            self._publish(error=_unexpected(error))
            return
        try:
            self._publish(info=source.info)
            while self._wait_for_work(source.info.live):
                self._read_once(source)
        except EngineError as error:
            self._publish(error=error)
        except Exception as error:  # noqa: BLE001 - as above
            self._publish(error=_unexpected(error))
        finally:
            source.close()

    def _publish(self, info: SourceInfo | None = None, error: EngineError | None = None) -> None:
        with self._changed:
            self._info = info or self._info
            self._error = error
            self._changed.notify_all()
        self._on_ready()

    def _wait_for_work(self, live: bool) -> bool:
        """Sleep until there is something to read; False when it is time to stop."""

        def has_work() -> bool:
            if self._stop or self._seek_to_s is not None:
                return True
            return not self._ended and (live or len(self._queue) < self._queue_limit())

        with self._changed:
            self._changed.wait_for(has_work)
            return not self._stop

    def _queue_limit(self) -> int:
        """How many frames may wait; called under the lock."""
        if not self._queue:
            return 1
        fitting = READ_AHEAD_BYTES // self._queue[0].image_bgr.nbytes
        return min(self._read_ahead, max(MIN_READ_AHEAD_FRAMES, fitting))

    def _read_once(self, source: Source) -> None:
        with self._changed:
            seek_to_s, self._seek_to_s = self._seek_to_s, None
        if seek_to_s is not None and source.info.seekable:
            source.seek(seek_to_s)
        started_s = time.perf_counter()
        try:
            frame, cut_short = source.read(), None
        except SourceCutShort as error:
            frame, cut_short = None, error
        read_ms = (time.perf_counter() - started_s) * 1e3
        with self._changed:
            if self._seek_to_s is not None or self._stop:
                return
            self._read_ms = read_ms
            self._left_out = tuple(source.skipped.values()) if isinstance(source, LeavesOut) else ()
            self._ended, self._cut_short = frame is None, cut_short
            if frame is not None:
                if source.info.live and self._queue:
                    self._queue.clear()
                    self._overwritten += 1
                self._queue.append(frame)
            self._changed.notify_all()
        self._on_ready()


def _unexpected(error: Exception) -> SourceError:
    log.error("the source failed unexpectedly", exc_info=error)
    return unexpected(error, "The source", SourceError)
