"""Preprocess and network beside the thread that groups, and the next frame's beside both."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from types import TracebackType

from engine.pipeline import Pipeline
from engine.predictor import Predictor
from engine.types import Frame, Prediction, Prepared


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """A frame that is being prepared, and for what."""

    predictor: Predictor
    frame: Frame
    long_side: int | None
    prepared: Future[Prepared]

    def is_for(self, predictor: Predictor, frame: Frame, long_side: int | None) -> bool:
        # By the picture: a film's frame is another object once it is known when it was due.
        same_picture = self.frame.image_bgr is frame.image_bgr
        return same_picture and self.predictor is predictor and self.long_side == long_side


class Lookahead:
    """The first two stages of a pipeline, on a thread each; used by one thread.

    What was prepared serves only where just that is predicted next: the same picture, at
    the same size, by the same predictor. So preparing is a guess, which decides nothing.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._preprocess = ThreadPoolExecutor(1, "bbe-preprocess")
        self._network = ThreadPoolExecutor(1, "bbe-network")
        self._ahead: _Ahead | None = None

    def __enter__(self) -> Lookahead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for what runs; what has not begun never will."""
        self._network.shutdown(cancel_futures=True)
        self._preprocess.shutdown(cancel_futures=True)

    @property
    def is_ahead(self) -> bool:
        """Whether a frame has been prepared, or is being, that was not predicted yet."""
        return self._ahead is not None

    def prepare(self, frame: Frame, long_side: int | None = None) -> None:
        """Begin to prepare the frame that is probably predicted next."""
        self.forget()
        predictor = self._pipeline.predictor
        prepared = self._preprocess.submit(predictor.prepare, frame, long_side)
        self._ahead = _Ahead(predictor, frame, long_side, prepared)

    def predict(self, frame: Frame, long_side: int | None = None) -> Future[Prediction]:
        """The network's maps for a frame, after those of the frames before it."""
        predictor, ahead = self._pipeline.predictor, self._ahead
        if ahead is None or not ahead.is_for(predictor, frame, long_side):
            self.forget()
            return self._network.submit(predictor.predict, frame, long_side)
        self._ahead = None
        return self._network.submit(_infer, predictor, frame, ahead.prepared)

    def forget(self) -> None:
        """Something else comes next. Once no prediction is under way either, nothing uses
        the predictor any more, and it may be closed."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and not ahead.prepared.cancel():
            wait((ahead.prepared,))


def _infer(predictor: Predictor, frame: Frame, prepared: Future[Prepared]) -> Prediction:
    return replace(predictor.infer(prepared.result()), frame=frame)
