"""Each stage alone, and all of them together."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.config import Settings
from engine.export import ExportProgress, export
from engine.gpu import group, render, steady
from engine.predictor import Predictor
from engine.source.base import Source
from engine.source.first_frames import FirstFrames
from engine.steady import SteadyState
from engine.track import TrackState, track
from engine.types import Frame, Prediction

StageMs = dict[str, list[float]]
"""Milliseconds per frame, by stage."""


def time_predictor(
    predictor: Predictor, frames: Sequence[Frame]
) -> tuple[list[Prediction], StageMs]:
    """Preprocessing and network alone, as the predictor itself times them."""
    predictions = [predictor.predict(frame) for frame in frames]
    times: StageMs = defaultdict(list)
    for prediction in predictions:
        for name, ms in prediction.stage_ms.items():
            times[name].append(ms)
    return predictions, dict(times)


def time_rest(predictions: Sequence[Prediction], settings: Settings) -> tuple[float, StageMs]:
    """People per frame; what follows the network, each stage timed alone.

    Frame by frame, not stage by stage: a GPU keeps only its newest pictures ready to be
    drawn, and would leave the others to the CPU.
    """
    times: StageMs = {"steady": [], "group": [], "track": [], "render": []}
    before: SteadyState | None = None
    state: TrackState | None = None
    people = 0
    for raw in predictions:
        frame = raw.frame
        moments_s = [time.perf_counter()]
        prediction, before = steady(raw, before, settings.steady)
        moments_s.append(time.perf_counter())
        found = group(prediction, settings.candidates)
        moments_s.append(time.perf_counter())
        min_score = settings.group.min_score
        tracked, state = track(
            found, state, frame.time_s, settings.track, min_score, frame.image_bgr
        )
        moments_s.append(time.perf_counter())
        render(frame, tracked, settings.render)
        moments_s.append(time.perf_counter())
        for name, (start_s, end_s) in zip(times, pairwise(moments_s), strict=True):
            times[name].append((end_s - start_s) * 1e3)
        people += len(tracked)
    return people / len(predictions), times


def time_pipeline(
    open_source: Callable[[], Source], predictor: Predictor, count: int, settings: Settings
) -> float:
    """Frames per second of the whole pipeline without sinks, opening left out."""
    done_at_s: list[float] = []

    def note_time(_progress: ExportProgress) -> None:
        done_at_s.append(time.perf_counter())

    export(lambda: FirstFrames(open_source(), count), predictor, (), settings, note_time)
    return (len(done_at_s) - 1) / (done_at_s[-1] - done_at_s[0])


@dataclass(slots=True)
class Measurements:
    """What the rounds have yielded for one model so far."""

    stages: StageMs = field(default_factory=dict)
    network_mean_ms: list[float] = field(default_factory=list)
    slowest_mean_ms: list[float] = field(default_factory=list)
    pipeline_fps: list[float] = field(default_factory=list)
    people_per_frame: list[float] = field(default_factory=list)

    def add_stages(self, times: Mapping[str, Sequence[float]]) -> None:
        """The stages of one round."""
        for name, values in times.items():
            self.stages.setdefault(name, []).extend(values)
        means_ms = {name: sum(values) / len(values) for name, values in times.items()}
        self.network_mean_ms.append(means_ms["network"])
        self.slowest_mean_ms.append(max(means_ms.values()))
