"""What serves when a GPU gives up: the same network on the CPU, and what is said of it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError, KernelError
from engine.models import ModelFile
from engine.runtime import OnnxPredictor
from engine.types import Frame, Prediction, Prepared

log = logging.getLogger(__name__)

REPORT_IT = "Please report this with the output of `python docs/gpu_check.py`."


def gpu_failure(error: Exception) -> EngineError:
    """What to tell the user of anything that the GPU's part raised.

    Drivers and cards differ: no surprise of theirs may cost the user the program.
    """
    if isinstance(error, EngineError):
        return error
    log.error("the GPU's part failed unexpectedly", exc_info=error)
    what = f"{type(error).__name__}: {error}"
    return KernelError(f"The GPU's part failed unexpectedly: {what}.", REPORT_IT)


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

    def predict(self, frame: Frame) -> Prediction:
        """See `Predictor.predict`."""
        return self.infer(self.prepare(frame))

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
