"""Fakes that implement the engine's real interfaces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import SinkError, SourceCutShort, SourceError
from engine.predictor import ModelInfo, Predictor, ProviderReport
from engine.source.base import SourceInfo
from engine.types import (
    HEAD_STRIDE,
    Float32Array,
    Frame,
    InputGeometry,
    Prediction,
    Prepared,
    Result,
    UInt8Array,
)


def coloured_box_image(
    x0: int, colour: int = 200, size_hw: tuple[int, int] = (96, 128)
) -> UInt8Array:
    """A black picture with one flat grey rectangle 24 px wide whose left edge is at `x0`."""
    image = np.zeros((*size_hw, 3), np.uint8)
    image[20:76, x0 : x0 + 24] = colour
    return image


class ListSource:
    """Pictures from a list, `fps` a second on its timeline, as a file or live.

    gate: when given, each read waits for one `release()` of it. fail_at: index at which
    `SourceError` is raised. exhausted: set when more is asked for than there is, so when
    all pictures are in their reader's hands.
    """

    def __init__(
        self,
        images: Sequence[UInt8Array],
        fps: float = 1000.0,
        live: bool = False,
        gate: threading.Semaphore | None = None,
        fail_at: int | None = None,
    ) -> None:
        self.images = images
        self.closed = threading.Event()
        self.exhausted = threading.Event()
        self._gate = gate
        self._fail_at = fail_at
        self._next = 0
        self._info = SourceInfo(
            name="list",
            live=live,
            size_hw=images[0].shape[:2],
            fps=fps,
            frame_count=None if live else len(images),
            duration_s=None if live else len(images) / fps,
            seekable=not live,
        )

    @property
    def info(self) -> SourceInfo:
        return self._info

    def read(self) -> Frame | None:
        if self._next >= len(self.images):
            self.exhausted.set()
        if self._gate is not None:
            self._gate.acquire()
        if self.closed.is_set() or self._next >= len(self.images):
            return None
        if self._next == self._fail_at:
            raise SourceError("The cable was pulled.", "Plug it in again.")
        index, self._next = self._next, self._next + 1
        time_s = index / (self._info.fps or 1.0)
        return Frame(self.images[index], index, time_s, time.perf_counter())

    def seek(self, time_s: float) -> None:
        # A hair more, so that a time computed from an index finds that index again.
        index = int(time_s * (self._info.fps or 1.0) + 1e-6)
        self._next = min(max(0, index), len(self.images) - 1)

    def close(self) -> None:
        self.closed.set()


class HoledSource(ListSource):
    """A film of which the pictures from `hole` on, up to its end, cannot be decoded."""

    hole = range(0)

    def read(self) -> Frame | None:
        if self._next in self.hole:
            self._next = self.hole.stop
        return super().read()


class TornSource(ListSource):
    """Raises `SourceCutShort` where its pictures end."""

    def read(self) -> Frame | None:
        frame = super().read()
        if frame is None and not self.closed.is_set():
            raise SourceCutShort("The film breaks off.", "Copy it again.")
        return frame


class HangingSource(ListSource):
    """Opens, then never delivers until `let_go` is set."""

    def __init__(self, images: Sequence[UInt8Array]) -> None:
        super().__init__(images)
        self.let_go = threading.Event()
        self.reading = threading.Event()

    def read(self) -> Frame | None:
        self.reading.set()
        self.let_go.wait()
        return None


def slow_network(side: int) -> float:
    """Sleeps 150 ms at 545, less by the pixels where the input is smaller; what it took, ms.

    The time is measured: on a starved machine a sleep is longer, and the network still is
    what fills the time of a frame.
    """
    started_s = time.perf_counter()
    time.sleep(0.15 * (side / 545) ** 2)
    return (time.perf_counter() - started_s) * 1e3


@dataclass(frozen=True, slots=True, eq=False)
class FakePrepared(Prepared):
    """A frame at the size of the network that it was prepared for."""

    geometry: InputGeometry
    predictor: FakePredictor


class FakePredictor(Predictor):
    """Sees every flat grey level other than black as one person, with an exact box.

    before: called with each frame before its network runs, to wait or to raise.
    before_prepare: the same, before it is prepared. network_ms: time that the network
    pretends to have spent, at the longer side of its input.
    """

    anchor_wh = (78.384, 117.576)

    def __init__(
        self,
        before: Callable[[Frame], None] = lambda _: None,
        input_long_side: int = 129,
        network_ms: Callable[[int], float] = lambda _side: 1.0,
        before_prepare: Callable[[Frame], None] = lambda _: None,
    ) -> None:
        self.closed = threading.Event()
        self._before = before
        self._before_prepare = before_prepare
        self._long_side = input_long_side
        self._network_ms = network_ms

    @property
    def model(self) -> ModelInfo:
        return ModelInfo("fake", "none", 16, self.anchor_wh, self._long_side, ("person",), "ours")

    @property
    def provider(self) -> ProviderReport:
        return ProviderReport("cpu", "CPU")

    @property
    def long_side(self) -> int:
        return self._long_side

    def prepare(self, frame: Frame, long_side: int | None = None) -> FakePrepared:
        assert not self.closed.is_set()
        self._before_prepare(frame)
        height, width = frame.size_hw
        scale = (long_side or self._long_side) / max(height, width)
        input_hw = (round(height * scale / 16) * 16 + 1, round(width * scale / 16) * 16 + 1)
        return FakePrepared(frame, 0.1, InputGeometry(frame.size_hw, input_hw), self)

    def infer(self, prepared: Prepared) -> Prediction:
        assert isinstance(prepared, FakePrepared)
        assert prepared.predictor is self
        assert not self.closed.is_set()
        frame, geometry = prepared.frame, prepared.geometry
        self._before(frame)
        network_ms = self._network_ms(max(geometry.input_hw))
        height, width = frame.size_hw
        rows, columns = geometry.grid_hw
        y = np.linspace(0, height - 1, rows).round().astype(int)
        x = np.linspace(0, width - 1, columns).round().astype(int)
        levels = frame.image_bgr[np.ix_(y, x)][..., 0]
        logits = np.where(levels > 0, 4.0, -4.0).astype(np.float32)
        deltas = np.zeros((4, rows, columns), np.float32)
        for level in np.unique(levels[levels > 0]):
            cells = levels == level
            logits[_middle(cells)] += 1.0
            deltas[:, cells] = self._deltas_of(cells)[:, cells]
        return Prediction(
            frame,
            geometry,
            logits,
            deltas,
            self.anchor_wh,
            {"preprocess": prepared.preprocess_ms, "network": network_ms},
        )

    def close(self) -> None:
        self.closed.set()

    def _deltas_of(self, cells: np.ndarray) -> Float32Array:
        rows, columns = np.nonzero(cells)
        x0, x1 = columns.min() * HEAD_STRIDE, columns.max() * HEAD_STRIDE
        y0, y1 = rows.min() * HEAD_STRIDE, rows.max() * HEAD_STRIDE
        grid_y, grid_x = np.mgrid[0 : cells.shape[0], 0 : cells.shape[1]] * HEAD_STRIDE
        anchor_w, anchor_h = self.anchor_wh
        return np.stack(
            [
                ((x0 + x1) / 2 - grid_x) / anchor_w,
                ((y0 + y1) / 2 - grid_y) / anchor_h,
                np.full(cells.shape, np.log((x1 - x0 + 1) / anchor_w)),
                np.full(cells.shape, np.log((y1 - y0 + 1) / anchor_h)),
            ]
        ).astype(np.float32)


def _middle(cells: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(cells)
    nearest = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(rows[nearest]), int(columns[nearest])


class MemorySink:
    """Keeps every result; fails at the write number `fail_at`, or at `close`."""

    def __init__(self, fail_at: int | None = None, fail_on_close: bool = False) -> None:
        self.results: list[Result] = []
        self.closed = threading.Event()
        self.close_count = 0
        self._fail_at = fail_at
        self._fail_on_close = fail_on_close

    def write(self, result: Result) -> None:
        if len(self.results) == self._fail_at:
            raise SinkError("The disk is full.", "Free some space.")
        self.results.append(result)

    def close(self) -> None:
        self.close_count += 1
        self.closed.set()
        if self._fail_on_close:
            raise SinkError("The file could not be finished.")
