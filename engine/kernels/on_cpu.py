"""Which kernels serve on the CPU: Numba's, or plain NumPy as long as those are compiled.

Compiling takes seconds, once on every machine; after that they come from disk. Both give
the same (see `engine.kernels.reference`), NumPy a hundred times slower.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.kernels.composite_reference import Contours, Cover, Look
from engine.types import BoolArray, Float32Array, Float64Array, Int64Array, UInt8Array

PATIENCE_S = 1.0
"""Kernels that are on disk come sooner, and so long nobody minds to wait."""


class Kernels(Protocol):
    """What a module of kernels offers; `engine.kernels.reference` and the modules beside it
    whose names end in `_reference` say what each does."""

    def clean_logits(self, logits: Float32Array) -> Float32Array: ...  # noqa: D102

    def find_peaks(  # noqa: D102
        self, logits: Float32Array, min_logit: float, radius: int
    ) -> Int64Array: ...

    def decode_boxes(  # noqa: D102
        self, box_deltas: Float32Array, cells: Int64Array, anchor_wh: tuple[float, float]
    ) -> Float32Array: ...

    def gather_votes(  # noqa: D102
        self,
        candidates: Float32Array,
        voters: Float32Array,
        weights: Float32Array,
        min_iou: float,
    ) -> tuple[Float32Array, Float32Array]: ...

    def nms(self, boxes: Float32Array, max_iou: float, max_count: int) -> Int64Array: ...  # noqa: D102

    def assign(  # noqa: D102
        self, cell_boxes: Float32Array, people_boxes: Float32Array, min_iou: float
    ) -> UInt8Array: ...

    def own_iou(  # noqa: D102
        self, cell_boxes: Float32Array, people_boxes: Float32Array, labels: UInt8Array
    ) -> Float32Array: ...

    def tally(  # noqa: D102
        self, owners: UInt8Array, values: Float32Array, count: int
    ) -> tuple[Int64Array, Float64Array]: ...

    def upsample_labels(  # noqa: D102
        self, margins: Float32Array, grid_labels: UInt8Array, frame_hw: tuple[int, int]
    ) -> tuple[UInt8Array, BoolArray]: ...

    def tidy(self, labels: UInt8Array, min_share: float) -> int: ...  # noqa: D102

    def follow_edges(  # noqa: D102
        self,
        margins: Float32Array,
        labels: UInt8Array,
        cell_bgr: UInt8Array,
        fine_bgr: UInt8Array,
    ) -> tuple[Float32Array, UInt8Array]: ...

    def composite(  # noqa: D102
        self,
        image_bgr: UInt8Array,
        labels: UInt8Array,
        look: Look,
        contours: Contours | None,
        cover: Cover | None,
        out: UInt8Array,
    ) -> None: ...

    def blend_mask(  # noqa: D102
        self,
        out: UInt8Array,
        mask: UInt8Array,
        top: int,
        left: int,
        colour_bgr: tuple[int, int, int],
    ) -> None: ...

    def row_profiles(  # noqa: D102
        self, labels: UInt8Array, count: int, step: int
    ) -> tuple[Int64Array, Int64Array]: ...

    def extents(self, labels: UInt8Array, count: int, min_share: float) -> Int64Array: ...  # noqa: D102


@dataclass(frozen=True, slots=True, eq=False)
class _Compiling:
    thread: threading.Thread
    patient_until_s: float


class KernelChoice:
    """Call it for the kernels that serve the calling thread now.

    plain, compiled: import one or the other. patience_s: so long a frame waits for the
    compiled ones, from the start of compiling, before it takes the plain ones.
    """

    def __init__(
        self,
        plain: Callable[[], Kernels],
        compiled: Callable[[], Kernels],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._plain = plain
        self._compiled = compiled
        self._patience_s = patience_s
        self._begun = threading.Lock()
        self._compiling: _Compiling | None = None

    def compile_beside(self, work: Callable[[], None], plain_meanwhile: bool) -> None:
        """Have `work` use every kernel once, on a thread; only the first call does.

        plain_meanwhile: whoever comes earlier gets the plain ones; without it, they wait.
        Not a daemon: a process must not exit in the middle of compiling.
        """
        if not self._begun.acquire(blocking=False):
            return
        thread = threading.Thread(target=work, name="bbe-warm-up")
        thread.start()
        if plain_meanwhile:
            self._compiling = _Compiling(thread, time.monotonic() + self._patience_s)

    def __call__(self) -> Kernels:
        """The compiled ones, unless another thread is still at it."""
        compiling = self._compiling
        if compiling is not None and compiling.thread is not threading.current_thread():
            compiling.thread.join(max(0.0, compiling.patient_until_s - time.monotonic()))
            if compiling.thread.is_alive():
                return self._plain()
            self._compiling = None
        return self._compiled()


def _plain() -> Kernels:
    from engine.kernels import plain

    return plain


def _compiled() -> Kernels:
    from engine.kernels import compiled  # Numba takes half a second to import

    return compiled


kernels = KernelChoice(_plain, _compiled)
"""The program's own."""
