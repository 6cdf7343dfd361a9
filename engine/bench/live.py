"""The session behind a camera: latency and dropped frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.bench.replay import ReplayCamera
from engine.bench.report import LiveRun
from engine.config import AdaptiveOptions, Settings
from engine.errors import SourceError
from engine.predictor import Around, Predictor
from engine.session import Phase, Session
from engine.source.base import Source
from engine.types import Frame, Result


class _Borrowed(Around):
    """A predictor that stays open when the session closes it."""

    def close(self) -> None:
        """Left open: the bench goes on with it."""


class _Latencies:
    """Times of results as they come; a `Sink`."""

    def __init__(self) -> None:
        self.latency_ms: list[float] = []
        self.finished_s: list[float] = []

    def write(self, result: Result) -> None:
        self.latency_ms.append((result.finished_at_s - result.frame.captured_at_s) * 1e3)
        self.finished_s.append(result.finished_at_s)

    def close(self) -> None:
        """Nothing to finish."""


def run_live(
    predictor: Predictor,
    settings: Settings,
    frames: list[Frame],
    camera_fps: float,
    seconds: float,
) -> LiveRun:
    """Run a session on a camera made of `frames`, at one input size. Raises `EngineError`."""
    sink = _Latencies()

    def open_camera() -> Source:
        return ReplayCamera(frames, camera_fps, seconds)

    def stop_at_end() -> None:
        if session.state().phase is Phase.ENDED:
            session.stop()

    settings = replace(settings, adaptive=AdaptiveOptions(enabled=False))
    session = Session(open_camera, lambda: _Borrowed(predictor), settings, on_change=stop_at_end)
    session.add_sink(sink)
    session.run()
    state = session.state()
    if state.error is not None:
        raise state.error
    if len(sink.finished_s) < 2:
        raise SourceError("The live run was too short for a figure.", "Make it longer.")
    p50_ms, p95_ms = np.percentile(sink.latency_ms, (50, 95))
    return LiveRun(
        camera_fps=camera_fps,
        fps=(len(sink.finished_s) - 1) / (sink.finished_s[-1] - sink.finished_s[0]),
        latency_p50_ms=float(p50_ms),
        latency_p95_ms=float(p95_ms),
        processed=len(sink.finished_s),
        dropped=state.stats.dropped_frames,
    )
