"""What a benchmark measures, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import check_range
from engine.predictor import ProviderReport


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How much is measured.

    frames: per round and model. rounds: turns in which everything is measured once.
    live_s: seconds of the live run, 0 leaves it out. live_fps: of its camera; None takes
    the source's own rate. fine_edges: as of `GroupOptions`.
    """

    frames: int = 30
    rounds: int = 5
    live_s: float = 5.0
    live_fps: float | None = None
    fine_edges: bool = True

    def __post_init__(self) -> None:
        check_range("frames", self.frames, 2, 1000)
        check_range("rounds", self.rounds, 1, 1000)
        check_range("live_s", self.live_s, 0.0, 86_400.0)
        if self.live_fps is not None:
            check_range("live_fps", self.live_fps, 1.0, 1000.0)


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds that one stage takes for a frame while nothing else runs."""

    name: str
    p50_ms: float
    p95_ms: float
    mean_ms: float
    count: int

    @classmethod
    def of(cls, name: str, times_ms: Sequence[float]) -> StageTimes:
        """From single measurements, at least one."""
        p50, p95 = np.percentile(times_ms, (50, 95))
        return cls(name, float(p50), float(p95), float(np.mean(times_ms)), len(times_ms))


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One model.

    provider, precision: what really ran. input_hw: pixels of the network's input.
    stages: each alone. slowest_stage: of them, by p50. pipeline_fps: of the whole
    pipeline, all stages at once. pipeline_ratio: that over what the slowest stage alone
    would allow, both of the same round. network_ratio, fps_ratio: time of the network
    and rate of the pipeline over those of the first model in the same round; all three
    are medians over the rounds. A model that is not of the contract has only its
    network measured; None and "" stand for the rest.
    """

    name: str
    provider: ProviderReport
    input_hw: tuple[int, int]
    stages: tuple[StageTimes, ...]
    network_ratio: float
    slowest_stage: str = ""
    pipeline_fps: float | None = None
    pipeline_ratio: float | None = None
    fps_ratio: float | None = None
    people_per_frame: float | None = None


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The first model behind a camera of `camera_fps`: the newest frame wins.

    latency: capture → finished result, milliseconds. dropped: frames never processed.
    """

    camera_fps: float
    fps: float
    latency_p50_ms: float
    latency_p95_ms: float
    processed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All of one run. rss_*_mb: memory of the process after the first round, at the end."""

    source: str
    frame_hw: tuple[int, int]
    options: BenchOptions
    models: tuple[ModelRun, ...]
    live: LiveRun | None
    rss_start_mb: float
    rss_end_mb: float
    elapsed_s: float
