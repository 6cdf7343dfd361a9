"""The stages in order: preprocess → network → group → track → render.

`Pipeline` is what happens to one frame. Where frames come from and when, and where
results go, is for `engine.session` (live and playing) and `engine.export` (offline).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import MappingProxyType

from engine.config import Settings
from engine.group import group
from engine.predictor import Predictor
from engine.render import render
from engine.track import TrackState, track
from engine.types import Frame, Prediction, Result


@dataclass(frozen=True, slots=True, eq=False)
class TimedPrediction:
    """A prediction and the milliseconds that its stages took."""

    prediction: Prediction
    stage_ms: MappingProxyType[str, float]


class Pipeline:
    """Frame in, `Result` out, with the memory of who was where.

    `predict` and `finish` are the two halves; they may run in two threads at once, each
    half in one thread, so that the network works on the next frame meanwhile.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._tracks: TrackState | None = None
        self._tracks_before: TrackState | None = None

    def process(self, frame: Frame, settings: Settings) -> Result:
        """All stages on one frame. Raises `EngineError`."""
        return self.finish(self.predict(frame), settings)

    def predict(self, frame: Frame) -> TimedPrediction:
        """Preprocess and network."""
        started_s = time.perf_counter()
        prediction = self.predictor.predict(frame)
        return TimedPrediction(prediction, MappingProxyType({"network": _ms_since(started_s)}))

    def finish(self, timed: TimedPrediction, settings: Settings) -> Result:
        """Group, track and render."""
        self._tracks_before = self._tracks
        return self._finish(timed, settings)

    def refinish(self, timed: TimedPrediction, settings: Settings) -> Result:
        """Once more on the frame that was finished last, under other settings."""
        self._tracks = self._tracks_before
        return self._finish(timed, settings)

    def reset(self) -> None:
        """Forget who was where: the next frame does not follow the last one."""
        self._tracks = self._tracks_before = None

    def _finish(self, timed: TimedPrediction, settings: Settings) -> Result:
        frame = timed.prediction.frame
        start_s = time.perf_counter()
        found = group(timed.prediction, settings.group)
        grouped_s = time.perf_counter()
        people, self._tracks = track(found, self._tracks, frame.time_s, settings.track)
        tracked_s = time.perf_counter()
        image_bgr = render(frame, people, settings.render)
        rendered_s = time.perf_counter()
        return Result(
            frame=frame,
            instances=people,
            image_bgr=image_bgr,
            stage_ms=MappingProxyType(
                {
                    **timed.stage_ms,
                    "group": (grouped_s - start_s) * 1e3,
                    "track": (tracked_s - grouped_s) * 1e3,
                    "render": (rendered_s - tracked_s) * 1e3,
                }
            ),
            finished_at_s=rendered_s,
        )


def _ms_since(started_s: float) -> float:
    return (time.perf_counter() - started_s) * 1e3
