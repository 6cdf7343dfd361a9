"""Frames for measurements: the beginning of a clip, and a camera made of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from engine.errors import SourceCutShort, SourceError, SourceUnreadable
from engine.source.base import Source, SourceInfo
from engine.types import Frame


class ReplayCamera:
    """A camera that shows frames from memory, to and fro, `fps` a second; a `Source`.

    It ends after `seconds`. Frames are captured when they are due, whether read or not.
    """

    def __init__(self, frames: Sequence[Frame], fps: float, seconds: float) -> None:
        self._images = [frame.image_bgr for frame in frames]
        self._fps = fps
        self._count = max(1, round(seconds * fps))
        self._closed = threading.Event()
        self._opened_at_s = time.perf_counter()
        self._next = 0
        self._info = SourceInfo(
            name=f"replay at {fps:g} fps", live=True, size_hw=frames[0].size_hw, fps=fps
        )

    @property
    def info(self) -> SourceInfo:
        """Constant."""
        return self._info

    def read(self) -> Frame | None:
        """Wait for the next frame; None at the end."""
        if self._next >= self._count:
            return None
        index, self._next = self._next, self._next + 1
        due_s = self._opened_at_s + index / self._fps
        if self._closed.wait(max(0.0, due_s - time.perf_counter())):
            return None
        turn = 2 * max(1, len(self._images) - 1)
        place = index % turn
        image = self._images[min(place, turn - place) % len(self._images)]
        return Frame(image, index, index / self._fps, time.perf_counter())

    def seek(self, time_s: float) -> None:
        """Raises `SourceError`: `info.seekable` is False."""
        raise SourceError(f"{self._info.name} cannot be searched, so not to {time_s:.2f} s either.")

    def close(self) -> None:
        """End it."""
        self._closed.set()


def read_timed(open_source: Callable[[], Source], count: int) -> tuple[list[Frame], list[float]]:
    """The first frames of a source, and the milliseconds that each read took.

    Raises `SourceError`; fewer than two frames are `SourceUnreadable`.
    """
    source = open_source()
    frames: list[Frame] = []
    times_ms: list[float] = []
    try:
        while len(frames) < count:
            started_s = time.perf_counter()
            try:
                frame = source.read()
            except SourceCutShort:
                break  # what there is serves as well
            if frame is None:
                break
            times_ms.append((time.perf_counter() - started_s) * 1e3)
            frames.append(frame)
    finally:
        source.close()
    if len(frames) < 2:
        raise SourceUnreadable(
            f"{source.info.name} has {len(frames)} frame(s).", "Measure a clip of two or more."
        )
    return frames, times_ms
