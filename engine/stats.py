"""What the HUD shows of a running session, from the last seconds only."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

WINDOW_RESULTS = 90
BUSY_SHARE = 0.85
"""From this share of the time on, the stages are what limits the frame rate."""


@dataclass(frozen=True, slots=True)
class SessionStats:
    """Figures of a running session.

    fps: results per second over the last results. latency_p50_ms, latency_p95_ms: from
    capture (for a file: from when the frame was due) to painted, or to the finished
    result while nothing was painted. stage_ms: mean per stage. bottleneck: the stage
    that limits the frame rate; "source" when the stages wait for pictures.
    """

    fps: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p95_ms: float = 0.0
    dropped_frames: int = 0
    processed_frames: int = 0
    stage_ms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    bottleneck: str = ""


class StatsWindow:
    """Collects figures per result; used under its session's lock."""

    def __init__(self) -> None:
        self.processed_frames = 0
        self._finished_s: deque[float] = deque(maxlen=WINDOW_RESULTS)
        self._busy_ms: deque[float] = deque(maxlen=WINDOW_RESULTS)
        self._stage_ms: deque[Mapping[str, float]] = deque(maxlen=WINDOW_RESULTS)
        self._ready_ms: deque[float] = deque(maxlen=WINDOW_RESULTS)
        self._painted_ms: deque[float] = deque(maxlen=WINDOW_RESULTS)

    def add_result(self, latency_ms: float, stage_ms: Mapping[str, float]) -> None:
        """One result was finished now."""
        self.processed_frames += 1
        self._finished_s.append(time.perf_counter())
        self._stage_ms.append(stage_ms)
        # The two halves of the pipeline overlap, so the slower half is what fills the time.
        network_ms = stage_ms.get("preprocess", 0.0) + stage_ms.get("network", 0.0)
        self._busy_ms.append(max(network_ms, sum(stage_ms.values()) - network_ms))
        self._ready_ms.append(latency_ms)

    def add_painted(self, latency_ms: float) -> None:
        """A result reached the screen `latency_ms` after its capture."""
        self._painted_ms.append(latency_ms)

    def restart(self) -> None:
        """Forget rates and latencies, not the counts: after a pause."""
        for window in (self._finished_s, self._busy_ms, self._ready_ms, self._painted_ms):
            window.clear()

    def snapshot(self, dropped_frames: int) -> SessionStats:
        """The figures as they are now."""
        latencies = self._painted_ms or self._ready_ms
        p50, p95 = np.percentile(latencies, (50, 95)) if latencies else (0.0, 0.0)
        stage_ms = self._mean_stage_ms()
        return SessionStats(
            fps=self._fps(),
            latency_p50_ms=float(p50),
            latency_p95_ms=float(p95),
            dropped_frames=dropped_frames,
            processed_frames=self.processed_frames,
            stage_ms=MappingProxyType(stage_ms),
            bottleneck=self._bottleneck(stage_ms),
        )

    def _fps(self) -> float:
        if len(self._finished_s) < 2:
            return 0.0
        span_s = self._finished_s[-1] - self._finished_s[0]
        return (len(self._finished_s) - 1) / span_s if span_s > 0 else 0.0

    def _mean_stage_ms(self) -> dict[str, float]:
        if not self._stage_ms:
            return {}
        return {
            name: float(np.mean([stages.get(name, 0.0) for stages in self._stage_ms]))
            for name in self._stage_ms[-1]
        }

    def _bottleneck(self, stage_ms: Mapping[str, float]) -> str:
        fps = self._fps()
        if not stage_ms or not fps:
            return ""
        busy_share = float(np.mean(self._busy_ms)) * fps / 1e3
        if busy_share < BUSY_SHARE:
            return "source"
        return max(stage_ms, key=lambda name: stage_ms[name])
