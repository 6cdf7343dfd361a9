"""What serves when a GPU gives up: the same network on the CPU."""

from __future__ import annotations

import threading
from dataclasses import replace

from engine.config import Provider, RuntimeOptions
from engine.models import ModelFile
from engine.runtime import OnnxPredictor
from engine.types import Frame, Prediction, Prepared


class CpuFallback:
    """The network on the CPU, opened when it is first asked for; by any thread.

    Every method raises `EngineError` where the CPU fails, too.
    """

    def __init__(self, model: ModelFile, options: RuntimeOptions) -> None:
        self._model = model
        self._options = replace(options, provider=Provider.CPU)
        self._lock = threading.Lock()
        self._predictor: OnnxPredictor | None = None

    def prepare(self, frame: Frame, long_side: int | None = None) -> Prepared:
        """See `Predictor.prepare`."""
        with self._lock:
            predictor = self._opened()
        return predictor.prepare(frame, long_side)

    def infer(self, prepared: Prepared) -> Prediction:
        """See `Predictor.infer`."""
        with self._lock:
            return self._opened().infer(prepared)

    def close(self) -> None:
        """Give its memory back; what is asked for after that opens it again."""
        with self._lock:
            if self._predictor is not None:
                self._predictor.close()
                self._predictor = None

    def _opened(self) -> OnnxPredictor:
        if self._predictor is None:
            self._predictor = OnnxPredictor(self._model, self._options)
        return self._predictor
