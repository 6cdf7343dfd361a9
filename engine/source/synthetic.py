"""A made-up scene of walking figures whose true masks are known: no camera, no file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import cv2
import numpy as np

from engine.errors import SourceError
from engine.source.base import SourceInfo
from engine.types import Frame, UInt8Array

_BACKGROUND_BGR = (70, 62, 54)
_GOLDEN_RATIO = 0.618034


class SyntheticSource:
    """Figures that walk to and fro, cross and cover each other; the same in every run.

    size_hw: pixels. fps: frames per second. frame_count: None never ends. people: 0 to 255.
    live: pictures come in real time whether read or not, and those not read in time are lost
    (a gap in `Frame.index`); otherwise it behaves like a file of constant rate.

    `labels(index)` is the truth for the frame of that index. clock and wait: seconds, and how
    to let them pass; for tests.
    """

    def __init__(
        self,
        size_hw: tuple[int, int] = (360, 640),
        fps: float = 30.0,
        frame_count: int | None = 150,
        people: int = 3,
        *,
        live: bool = False,
        clock: Callable[[], float] = time.perf_counter,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        if fps <= 0 or people not in range(256) or (frame_count is not None and frame_count < 1):
            raise ValueError(f"fps {fps}, frame_count {frame_count}, people {people}")
        self._size_hw = size_hw
        self._fps = fps
        self._frame_count = frame_count
        self._people = people
        self._clock = clock
        self._wait = wait
        self._next_index = 0
        self._closed = False
        self._opened_at_s = clock()
        self._info = SourceInfo(
            name="Synthetic scene",
            live=live,
            size_hw=size_hw,
            fps=fps,
            frame_count=frame_count,
            duration_s=None if frame_count is None else frame_count / fps,
            seekable=not live,
            detail=f"{size_hw[1]}×{size_hw[0]}, {people} figures",
        )

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open."""
        return self._info

    def read(self) -> Frame | None:
        """The next picture; a live one waits until its time has come."""
        if self._closed:
            return None
        if self._info.live:
            self._catch_up()
        index = self._next_index
        if self._frame_count is not None and index >= self._frame_count:
            return None
        self._next_index += 1
        return Frame(self.image(index), index, index / self._fps, self._clock())

    def seek(self, time_s: float) -> None:
        """Go to the last frame at or before `time_s`. A live scene cannot: SourceError."""
        if self._info.live:
            raise SourceError("The synthetic scene is live and cannot be searched.")
        index = max(0, math.floor(time_s * self._fps + 1e-6))
        last = math.inf if self._frame_count is None else self._frame_count - 1
        self._next_index = int(min(index, last))

    def close(self) -> None:
        """End the scene. May be called twice."""
        self._closed = True

    def image(self, index: int) -> UInt8Array:
        """(H, W, 3) uint8 BGR picture of that index."""
        image = np.full((*self._size_hw, 3), _BACKGROUND_BGR, np.uint8)
        for person in range(self._people):
            self._draw(image, person, index, _clothes_bgr(person))
        return image

    def labels(self, index: int) -> UInt8Array:
        """(H, W) uint8 truth of that index: 0 is nobody, i + 1 is figure i, nearest on top."""
        labels = np.zeros(self._size_hw, np.uint8)
        for person in range(self._people):
            self._draw(labels, person, index, (person + 1,))
        return labels

    def _catch_up(self) -> None:
        """Wait for the next picture's time, or skip those whose time is over."""
        due_s = self._opened_at_s + self._next_index / self._fps
        remaining_s = due_s - self._clock()
        if remaining_s > 0:
            self._wait(remaining_s)
        else:
            elapsed_s = self._clock() - self._opened_at_s
            self._next_index = max(self._next_index, math.floor(elapsed_s * self._fps + 1e-6))

    def _draw(self, canvas: UInt8Array, person: int, index: int, colour: tuple[int, ...]) -> None:
        """A head on a body on two legs, without smoothing, so that picture and truth agree."""
        height, width = self._size_hw
        phase = person * _GOLDEN_RATIO
        tall = height * (0.5 + 0.3 * (phase % 1.0))
        cycle = index / self._fps * (0.10 + 0.03 * (person % 4)) + phase
        sway = 0.5 - 0.5 * math.cos(2 * math.pi * cycle)
        x, foot = round(width * (0.1 + 0.8 * sway)), height * 0.95
        step = 0.08 * tall * math.sin(2 * math.pi * index / self._fps * 1.5)
        for side in (-1, 1):
            start = (x, round(foot - 0.45 * tall))
            end = (round(x + side * (0.07 * tall + step)), round(foot))
            cv2.line(canvas, start, end, colour, max(1, round(0.1 * tall)))
        body = (max(1, round(0.14 * tall)), max(1, round(0.24 * tall)))
        cv2.ellipse(canvas, (x, round(foot - 0.62 * tall)), body, 0, 0, 360, colour, -1)
        cv2.circle(canvas, (x, round(foot - 0.92 * tall)), max(1, round(0.08 * tall)), colour, -1)


def _clothes_bgr(person: int) -> tuple[int, int, int]:
    hue = int(180 * (person * _GOLDEN_RATIO % 1.0))
    pixel = cv2.cvtColor(np.array([[[hue, 150, 220]]], np.uint8), cv2.COLOR_HSV2BGR)
    blue, green, red = (int(value) for value in pixel[0, 0])
    return blue, green, red
