"""Each stage alone, and all of them together."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from engine.config import Settings
from engine.export import ExportProgress, export
from engine.group import group
from engine.predictor import Predictor
from engine.render import render
from engine.source.base import Source
from engine.source.first_frames import FirstFrames
from engine.track import TrackState, track
from engine.types import Frame, Instances, Prediction

T = TypeVar("T")
R = TypeVar("R")

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
    """People per frame; grouping, tracking and rendering, one stage after the other."""
    found, grouping = _timed(lambda p: group(p, settings.group), predictions)
    tracked, tracking = _time_tracking(predictions, found, settings)
    pairs = list(zip(predictions, tracked, strict=True))
    _, rendering = _timed(lambda pair: render(pair[0].frame, pair[1], settings.render), pairs)
    people_per_frame = sum(len(instances) for instances in found) / len(found)
    return people_per_frame, {"group": grouping, "track": tracking, "render": rendering}


def _time_tracking(
    predictions: Sequence[Prediction], found: Sequence[Instances], settings: Settings
) -> tuple[list[Instances], list[float]]:
    state: TrackState | None = None

    def track_one(pair: tuple[Prediction, Instances]) -> Instances:
        nonlocal state
        people, state = track(pair[1], state, pair[0].frame.time_s, settings.track)
        return people

    return _timed(track_one, list(zip(predictions, found, strict=True)))


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


def _timed(call: Callable[[T], R], items: Sequence[T]) -> tuple[list[R], list[float]]:
    """What `call` gives for each item, and the milliseconds it took."""
    results, times_ms = [], []
    for item in items:
        started_s = time.perf_counter()
        results.append(call(item))
        times_ms.append((time.perf_counter() - started_s) * 1e3)
    return results, times_ms
