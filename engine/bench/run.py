"""The whole benchmark: rounds over all models, then the live run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.bench.generic import GenericNetwork
from engine.bench.live import run_live
from engine.bench.replay import read_timed
from engine.bench.report import BenchOptions, BenchReport, ModelRun, StageTimes
from engine.bench.stages import Measurements, time_pipeline, time_predictor, time_rest
from engine.config import GroupOptions, RuntimeOptions, Settings
from engine.errors import ModelMetadata, ModelSignature
from engine.gpu import open_predictor
from engine.predictor import Predictor, finish_preparing
from engine.source.base import Source
from engine.types import Frame

DEFAULT_LIVE_FPS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A model under measurement: one of ours, or any other network."""

    name: str
    network: Predictor | GenericNetwork
    measured: Measurements


def run_bench(
    open_source: Callable[[], Source],
    models: Sequence[RuntimeOptions],
    options: BenchOptions | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> BenchReport:
    """Measure `models` on a source; the first is the one the others are compared with.

    open_source: called once per round and model. Raises `EngineError`.
    """
    options = options or BenchOptions()
    settings = Settings(group=GroupOptions(fine_edges=options.fine_edges))
    started_s = time.perf_counter()
    on_step("Reading the clip")
    frames, _ = read_timed(open_source, options.frames)
    source = open_source()
    info = source.info
    source.close()
    with ExitStack() as opened:
        on_step("Opening and warming up")
        contenders = _open_all(models, settings, frames[0], opened, on_step)
        process, rss_bytes = psutil.Process(), []
        for number in range(options.rounds):
            for contender in contenders:
                on_step(f"Round {number + 1} of {options.rounds}: {contender.name}")
                _measure(contender, settings, open_source, frames)
            rss_bytes.append(process.memory_info().rss)
        live = None
        if options.live_s:
            on_step("Live run")
            camera_fps = options.live_fps or info.fps or DEFAULT_LIVE_FPS
            first = contenders[0].network
            assert not isinstance(first, GenericNetwork)
            live = run_live(first, settings, frames, camera_fps, options.live_s)
        return BenchReport(
            source=info.name,
            frame_hw=info.size_hw,
            options=options,
            models=tuple(_summary(c, contenders[0], frames[0]) for c in contenders),
            live=live,
            rss_start_mb=rss_bytes[0] / 2**20,
            rss_end_mb=process.memory_info().rss / 2**20,
            elapsed_s=time.perf_counter() - started_s,
        )


def _open_all(
    models: Sequence[RuntimeOptions],
    settings: Settings,
    frame: Frame,
    opened: ExitStack,
    on_step: Callable[[str], None],
) -> list[Contender]:
    contenders: list[Contender] = []
    for number, runtime in enumerate(models):
        network = _open(runtime, contenders, frame)
        opened.callback(network.close)
        if isinstance(network, GenericNetwork):
            network.time(2)
            name = network.name
        else:
            finish_preparing(network, frame, on_step)
            predictions, _ = time_predictor(network, [frame, frame])
            time_rest(predictions, settings)
            name = network.model.name
        size = f"@{runtime.input_long_side}" if runtime.input_long_side and number else ""
        contenders.append(Contender(f"{name}{size}", network, Measurements()))
    return contenders


def _open(
    runtime: RuntimeOptions, before: Sequence[Contender], frame: Frame
) -> Predictor | GenericNetwork:
    """One of ours; where the file is none of ours and not the first, any network."""
    try:
        return open_predictor(runtime)
    except (ModelMetadata, ModelSignature):
        if not before:
            raise
    first = before[0].network
    input_hw = first.input_hw if isinstance(first, GenericNetwork) else _input_hw(first, frame)
    return GenericNetwork(Path(runtime.model), runtime.provider, runtime.threads, input_hw)


def _input_hw(predictor: Predictor, frame: Frame) -> tuple[int, int]:
    height, width = predictor.predict(frame).geometry.input_hw
    return height, width


def _measure(
    contender: Contender,
    settings: Settings,
    open_source: Callable[[], Source],
    frames: Sequence[Frame],
) -> None:
    """One model, one round: every stage alone, then all at once."""
    measured, network = contender.measured, contender.network
    if isinstance(network, GenericNetwork):
        measured.add_stages({"network": network.time(len(frames))})
        return
    _, source_ms = read_timed(open_source, len(frames))
    predictions, network_ms = time_predictor(network, frames)
    people, rest_ms = time_rest(predictions, settings)
    measured.add_stages({"source": source_ms, **network_ms, **rest_ms})
    measured.people_per_frame.append(people)
    measured.pipeline_fps.append(time_pipeline(open_source, network, len(frames), settings))


def _summary(contender: Contender, first: Contender, frame: Frame) -> ModelRun:
    measured, network = contender.measured, contender.network
    stages = tuple(StageTimes.of(name, ms) for name, ms in measured.stages.items())
    network_ratio = _median_ratio(measured.network_mean_ms, first.measured.network_mean_ms)
    if isinstance(network, GenericNetwork):
        return ModelRun(contender.name, network.provider, network.input_hw, stages, network_ratio)
    alone_fps = [1e3 / ms for ms in measured.slowest_mean_ms]
    return ModelRun(
        name=contender.name,
        provider=network.provider,
        input_hw=_input_hw(network, frame),
        stages=stages,
        network_ratio=network_ratio,
        slowest_stage=max(stages, key=lambda stage: stage.p50_ms).name,
        pipeline_fps=statistics.median(measured.pipeline_fps),
        pipeline_ratio=_median_ratio(measured.pipeline_fps, alone_fps),
        fps_ratio=_median_ratio(measured.pipeline_fps, first.measured.pipeline_fps),
        people_per_frame=statistics.fmean(measured.people_per_frame),
    )


def _median_ratio(values: Sequence[float], references: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(values, references, strict=True))
