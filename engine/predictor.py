"""What the pipeline needs of a network, and what is told of where it really runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.types import Frame, Prediction, Prepared


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """Where the network was asked to run and where it does.

    requested: e.g. "cuda". actual: e.g. "CPU", read back from the session. precision:
    "float32", "float16" or "int8". reason: why they differ, "" where they do not. fix:
    what the user can do about it, "" where there is nothing to do. fixed_size: why the
    input keeps one size, "" where it may change from frame to frame. preparing: what is
    being made ready to take over, and for how long already, "" where nothing is.
    """

    requested: str
    actual: str
    precision: str = "float32"
    reason: str = ""
    fix: str = ""
    fixed_size: str = ""
    preparing: str = ""

    @property
    def fell_back(self) -> bool:
        """True when the user did not get what was asked for."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model file says of itself (its metadata, docs/architecture.md)."""

    name: str
    backbone: str
    output_stride: int
    anchor_wh: tuple[float, float]
    input_long_side: int
    classes: tuple[str, ...]
    licence: str


class Predictor(Protocol):
    """Frame in, the network's maps out.

    `prepare` may be called by any thread at any time, also while another is in `infer`,
    which one thread at a time calls.
    """

    @property
    def model(self) -> ModelInfo:
        """What the model file says of itself."""
        ...

    @property
    def provider(self) -> ProviderReport:
        """Where the network really runs."""
        ...

    @property
    def long_side(self) -> int:
        """Longer side of the input that the network was opened for, pixels, 16·k + 1."""
        ...

    def prepare(self, frame: Frame, long_side: int | None = None) -> Prepared:
        """Preprocess. Raises `EngineError`.

        long_side: of this frame's input, pixels; None is the one that the network was
        opened for, and the only one while `provider.fixed_size` says why.
        """
        ...

    def infer(self, prepared: Prepared) -> Prediction:
        """Run the network on what `prepare` of this predictor made. Raises `EngineError`."""
        ...

    def predict(self, frame: Frame, long_side: int | None = None) -> Prediction:
        """`prepare` and `infer` in a row."""
        return self.infer(self.prepare(frame, long_side))

    def close(self) -> None:
        """Give the session and its memory back. May be called twice."""
        ...


def finish_preparing(predictor: Predictor, frame: Frame, tell: Callable[[str], None]) -> None:
    """Return when nothing faster is being prepared for frames of that size any more.

    tell: called with `ProviderReport.preparing` as it changes. Raises `EngineError`.
    """
    told = ""
    while True:
        predictor.predict(frame)  # what has become ready is taken over between two frames
        preparing = predictor.provider.preparing
        if not preparing:
            return
        if preparing != told:
            tell(preparing)
        told = preparing
        time.sleep(0.1)


class Around(Predictor):
    """As another predictor; the base of those that differ in something."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    @property
    def model(self) -> ModelInfo:
        """See `Predictor.model`."""
        return self._predictor.model

    @property
    def provider(self) -> ProviderReport:
        """See `Predictor.provider`."""
        return self._predictor.provider

    @property
    def long_side(self) -> int:
        """See `Predictor.long_side`."""
        return self._predictor.long_side

    def prepare(self, frame: Frame, long_side: int | None = None) -> Prepared:
        """See `Predictor.prepare`."""
        return self._predictor.prepare(frame, long_side)

    def infer(self, prepared: Prepared) -> Prediction:
        """See `Predictor.infer`."""
        return self._predictor.infer(prepared)

    def close(self) -> None:
        """See `Predictor.close`."""
        self._predictor.close()


class WithReport(Around):
    """Another predictor with a provider report of its own."""

    def __init__(self, predictor: Predictor, report: ProviderReport) -> None:
        super().__init__(predictor)
        self._report = report

    @property
    def provider(self) -> ProviderReport:
        """The report given."""
        return self._report
