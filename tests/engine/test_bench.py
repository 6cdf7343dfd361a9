"""The benchmark: every stage is there, ratios are of one round, other networks can join."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.bench import BenchOptions, run_bench
from engine.bench.generic import GenericNetwork
from engine.bench.live import run_live
from engine.bench.replay import ReplayCamera, read_timed
from engine.config import Provider, RuntimeOptions, Settings
from engine.errors import ConfigError, EngineError, ModelNotFound, SourceUnreadable
from engine.source.base import Source
from engine.source.first_frames import FirstFrames
from engine.types import Frame
from tests.fakes import FakePredictor, ListSource, coloured_box_image
from tests.tiny_onnx import write_tiny_onnx

QUICK = BenchOptions(frames=4, rounds=2, live_s=0.1, live_fps=100)
IMAGES = [coloured_box_image(x) for x in range(20, 100, 4)]
OTHER_NETWORK = {"metadata": {}, "input_name": "picture", "outputs": ("scores", "shapes")}


def open_clip() -> Source:
    return ListSource(IMAGES)


@pytest.fixture
def ours(tmp_path: Path) -> RuntimeOptions:
    path = write_tiny_onnx(tmp_path / "tiny.onnx")
    return RuntimeOptions(str(path), Provider.CPU)


def test_every_stage_and_the_whole_are_measured(ours: RuntimeOptions) -> None:
    steps: list[str] = []
    report = run_bench(open_clip, [ours], QUICK, steps.append)
    (run,) = report.models
    names = [stage.name for stage in run.stages]
    assert names == ["source", "preprocess", "network", "steady", "group", "track", "render"]
    assert all(stage.count == 8 for stage in run.stages)
    assert all(0 < stage.p50_ms <= stage.p95_ms for stage in run.stages)
    assert run.slowest_stage == max(run.stages, key=lambda stage: stage.p50_ms).name
    assert (run.network_ratio, run.fps_ratio) == (1.0, 1.0)
    assert run.pipeline_fps is not None
    assert run.pipeline_fps > 0
    assert run.provider.actual == "CPU"
    assert report.frame_hw == (96, 128)
    assert report.rss_end_mb > 10
    assert report.live is not None
    assert report.live.processed + report.live.dropped == 10
    assert any("Round 2 of 2" in step for step in steps)


def test_models_are_measured_in_turns(ours: RuntimeOptions) -> None:
    larger = RuntimeOptions(ours.model, Provider.CPU, input_long_side=257)
    steps: list[str] = []
    report = run_bench(open_clip, [ours, larger], QUICK, steps.append)
    assert [run.name for run in report.models] == ["tiny", "tiny@257"]
    assert [run.input_hw[1] for run in report.models] == [65, 257]
    rounds = [step.split(": ")[1] for step in steps if step.startswith("Round")]
    assert rounds == ["tiny", "tiny@257"] * 2


def test_any_other_network_is_timed_by_the_shape_of_its_input(
    tmp_path: Path, ours: RuntimeOptions
) -> None:
    other = write_tiny_onnx(tmp_path / "other.onnx", **OTHER_NETWORK)  # type: ignore[arg-type]
    report = run_bench(open_clip, [ours, RuntimeOptions(str(other), Provider.CPU)], QUICK)
    run = report.models[1]
    assert run.name == "other"
    assert [stage.name for stage in run.stages] == ["network"]
    assert run.pipeline_fps is None
    assert run.input_hw == (64, 64)
    assert math.isfinite(run.network_ratio)


def test_an_open_network_gets_our_picture_without_the_corner_pixel(tmp_path: Path) -> None:
    other = write_tiny_onnx(tmp_path / "other.onnx", **OTHER_NETWORK)  # type: ignore[arg-type]
    assert GenericNetwork(other, Provider.CPU, 0, (481, 641)).input_hw == (480, 640)
    assert GenericNetwork(other, Provider.CPU, 0, (305, 545)).input_hw == (320, 544)


def test_the_first_model_must_be_one_of_ours(tmp_path: Path) -> None:
    other = write_tiny_onnx(tmp_path / "other.onnx", **OTHER_NETWORK)  # type: ignore[arg-type]
    with pytest.raises(EngineError):
        run_bench(open_clip, [RuntimeOptions(str(other), Provider.CPU)], QUICK)


def test_a_model_that_is_not_there_ends_the_run(ours: RuntimeOptions) -> None:
    with pytest.raises(ModelNotFound):
        run_bench(open_clip, [ours, RuntimeOptions("nothing.onnx")], QUICK)


def test_a_clip_without_frames_is_refused() -> None:
    with pytest.raises(SourceUnreadable):
        read_timed(lambda: ListSource(IMAGES[:1]), 10)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError):
        BenchOptions(frames=1)


def test_every_frame_of_the_camera_is_processed_or_counted_as_dropped() -> None:
    frames = [Frame(image, i, i / 10, 0.0) for i, image in enumerate(IMAGES)]
    live = run_live(FakePredictor(), Settings(), frames, camera_fps=1000, seconds=0.2)
    assert live.processed + live.dropped == 200
    assert live.fps > 0
    assert 0 < live.latency_p50_ms <= live.latency_p95_ms


def test_the_predictor_survives_the_live_run() -> None:
    frames = [Frame(image, i, i / 10, 0.0) for i, image in enumerate(IMAGES)]
    predictor = FakePredictor()
    run_live(predictor, Settings(), frames, camera_fps=200, seconds=0.1)
    assert not predictor.closed.is_set()


def test_the_camera_goes_to_and_fro_and_ends() -> None:
    frames = [Frame(image, i, i / 10, 0.0) for i, image in enumerate(IMAGES[:3])]
    camera = ReplayCamera(frames, fps=1000, seconds=0.006)
    shown = []
    while (frame := camera.read()) is not None:
        shown.append(next(i for i in range(3) if frame.image_bgr is frames[i].image_bgr))
    assert shown == [0, 1, 2, 1, 0, 1]


def test_first_frames_end_where_told_and_say_so() -> None:
    source = FirstFrames(ListSource(IMAGES), 3)
    assert source.info.frame_count == 3
    assert [frame.index for frame in iter(source.read, None)] == [0, 1, 2]
    assert source.info.duration_s == pytest.approx(3 / 1000)
    short = FirstFrames(ListSource(IMAGES[:2]), 3)
    assert short.info.frame_count == 2
    assert short.info.duration_s == pytest.approx(2 / 1000)


def test_a_network_without_one_picture_as_input_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(EngineError):
        GenericNetwork(path, Provider.CPU, 0, (64, 96))
