"""A GPU that gives up at any moment: every frame is still seen, on the CPU, and the user told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import gpu
from engine.config import GroupOptions, RenderOptions
from engine.errors import KernelError
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.lookahead import Lookahead
from engine.models import find_model
from engine.pipeline import Pipeline
from engine.providers import plan_providers
from engine.render import render as render_on_cpu
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.test_gpu import OPTIONS, red_frame
from tests.tiny_onnx import METADATA, write_tiny_onnx

TIMEOUT_S = 60.0
LOST = KernelError("The GPU stopped working: it was unplugged.", "Plug it in again.")


@pytest.fixture
def backend() -> HostBackend:
    require_compiler()
    return HostBackend()


@pytest.fixture
def predictor(tmp_path: Path, backend: HostBackend) -> GpuPredictor:
    wide = METADATA | {"anchor_width": "30", "anchor_height": "45"}
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx", metadata=wide))
    return GpuPredictor(model, OPTIONS, plan_providers(OPTIONS.provider), backend)


def test_frames_prepared_ahead_keep_a_picture_each(predictor: GpuPredictor) -> None:
    frames = [red_frame(0), red_frame(1, (131, 77)), red_frame(2)]
    alone = [predictor.predict(frame) for frame in frames]
    prepared = [predictor.prepare(frame) for frame in frames]
    for one, expected in zip(prepared, alone, strict=True):
        found = predictor.infer(one)
        assert isinstance(found, GpuPrediction)
        assert found.frame is expected.frame
        assert found.geometry == expected.geometry
        assert np.array_equal(found.person_logits, expected.person_logits)


def test_preparing_counts_as_preprocessing(predictor: GpuPredictor) -> None:
    prepared = predictor.prepare(red_frame())
    found = predictor.infer(prepared)
    assert found.stage_ms["preprocess"] > prepared.preprocess_ms > 0
    assert list(found.stage_ms) == ["preprocess", "network"]


def test_a_frame_prepared_for_a_gpu_that_is_lost_meanwhile_is_seen_by_the_cpu(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    prepared = predictor.prepare(red_frame(), 97)
    backend.broken = LOST
    found = predictor.infer(prepared)
    assert max(found.geometry.input_hw) == 97
    assert len(gpu.group(found, GroupOptions())) == 2
    assert LOST.message in predictor.provider.reason


def test_a_gpu_that_is_lost_while_a_frame_is_prepared_leaves_that_one_to_the_cpu_too(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    before = predictor.prepare(red_frame(0))
    backend.broken = LOST
    lost = predictor.prepare(red_frame(1))
    for prepared in (before, lost):
        assert len(gpu.group(predictor.infer(prepared), GroupOptions())) == 2
    assert predictor.provider.actual == "CPU"


@pytest.mark.parametrize("lost_before", ["prepare", "infer", "group", "render"])
def test_a_surprise_of_a_library_leads_to_the_cpu_and_is_told(
    predictor: GpuPredictor, backend: HostBackend, lost_before: str
) -> None:
    """CuPy may raise what no translation of errors foresees; the session must go on."""
    frame = red_frame()

    def lose(before: str) -> None:
        if before == lost_before:
            backend.broken = UnboundLocalError("half a driver")

    lose("prepare")
    prepared = predictor.prepare(frame)
    lose("infer")
    prediction = predictor.infer(prepared)
    lose("group")
    people = gpu.group(prediction, GroupOptions())
    lose("render")
    image = gpu.render(frame, people, RenderOptions())
    assert len(people) == 2
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))
    assert len(gpu.group(predictor.predict(red_frame(1)), GroupOptions())) == 2
    report = predictor.provider
    assert report.actual == "CPU"
    assert "UnboundLocalError: half a driver" in report.reason
    assert "docs/gpu_check.py" in report.fix
    predictor.close()


def test_looking_ahead_on_a_gpu_goes_on_when_it_is_lost(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    with Lookahead(Pipeline(predictor)) as lookahead:
        for index in range(6):
            if index == 3:
                backend.broken = LOST
            frame = red_frame(index)
            lookahead.prepare(frame)
            found = lookahead.predict(frame).result(TIMEOUT_S)
            assert len(gpu.group(found, GroupOptions())) == 2
    assert predictor.provider.actual == "CPU"
