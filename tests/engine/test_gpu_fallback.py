"""A GPU that gives up at any moment: every frame is still seen, on the CPU, and the user told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine import gpu
from engine.bound_network import BoundNetwork
from engine.config import GroupOptions
from engine.errors import KernelError, RuntimeUnavailable
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.group import group as group_on_cpu
from engine.lookahead import Lookahead
from engine.models import ModelFile
from engine.pipeline import Pipeline
from engine.render import render as render_on_cpu
from engine.runtime import OnnxPredictor
from engine.styles import RenderOptions
from engine.types import Frame, Instances
from tests.cuda_host import HostBackend
from tests.engine.gpu_cases import EVERYBODY, OPTIONS, people_in, red_frame

TIMEOUT_S = 60.0
LOST = KernelError("The GPU stopped working: it was unplugged.", "Plug it in again.")
FULL = KernelError("The GPU has no memory left.", "Choose a smaller input size.")


def _before_predict(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    backend.broken = LOST
    return people_in(predictor, frame)


def _before_group(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    prediction = predictor.predict(frame)
    assert isinstance(prediction, GpuPrediction)
    backend.broken = FULL
    return gpu.group(prediction, EVERYBODY)


def _before_fine_edges(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    prediction = predictor.predict(frame)
    backend.broken = FULL
    return gpu.group(prediction, GroupOptions(min_score=0.0, fine_edges=True))


def _before_render(predictor: GpuPredictor, backend: HostBackend, frame: Frame) -> Instances:
    people = people_in(predictor, frame)
    backend.broken = LOST
    return people


@pytest.mark.parametrize(
    "lose", [_before_predict, _before_group, _before_fine_edges, _before_render]
)
def test_a_frame_that_the_gpu_loses_is_done_again_on_the_cpu_and_the_user_is_told(
    lose: Callable[[GpuPredictor, HostBackend, Frame], Instances],
    predictor: GpuPredictor,
    backend: HostBackend,
    model: ModelFile,
) -> None:
    frame = red_frame()
    people = lose(predictor, backend, frame)
    image = gpu.render(frame, people, RenderOptions())
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))
    expected = group_on_cpu(OnnxPredictor(model, OPTIONS).predict(frame), EVERYBODY)
    assert len(people) == len(expected)
    assert (people.labels == expected.labels).mean() > 0.98
    report = predictor.provider
    assert report.fell_back
    assert backend.broken is not None
    assert report.actual == "CPU"
    assert backend.broken.message in report.reason
    assert report.fix == backend.broken.hint
    # And so are all after it, without asking the device again.
    backend.broken = None
    backend.launched.clear()
    assert len(people_in(predictor, red_frame(1))) == 2
    assert backend.launched == []


def test_a_network_that_fails_on_the_device_is_replaced(
    predictor: GpuPredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(network: BoundNetwork, meanwhile: Callable[[], object]) -> None:
        raise RuntimeUnavailable("CUDA error 700.", "Choose the CPU as provider.")

    monkeypatch.setattr(BoundNetwork, "run", fail)
    assert len(people_in(predictor, red_frame())) == 2
    assert "CUDA error 700." in predictor.provider.reason


def test_the_input_keeps_its_size_on_the_device_and_may_change_once_the_cpu_took_over(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    assert predictor.provider.fixed_size
    assert max(predictor.predict(red_frame(), 97).geometry.input_hw) == 129
    backend.broken = LOST
    predictor.predict(red_frame(1))
    assert predictor.provider.fixed_size == ""
    assert max(predictor.predict(red_frame(2), 97).geometry.input_hw) == 97


def test_a_failed_device_and_a_closed_network_still_leave_the_last_picture_to_redraw(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    prediction = predictor.predict(red_frame())
    backend.broken = LOST
    predictor.predict(red_frame(1))
    predictor.close()
    assert len(gpu.group(prediction, EVERYBODY)) == 2


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
    assert len(gpu.group(found, EVERYBODY)) == 2
    assert LOST.message in predictor.provider.reason


def test_a_gpu_that_is_lost_while_a_frame_is_prepared_leaves_that_one_to_the_cpu_too(
    predictor: GpuPredictor, backend: HostBackend
) -> None:
    before = predictor.prepare(red_frame(0))
    backend.broken = LOST
    lost = predictor.prepare(red_frame(1))
    for prepared in (before, lost):
        assert len(gpu.group(predictor.infer(prepared), EVERYBODY)) == 2
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
    people = gpu.group(prediction, EVERYBODY)
    lose("render")
    image = gpu.render(frame, people, RenderOptions())
    assert len(people) == 2
    assert np.array_equal(image, render_on_cpu(frame, people, RenderOptions()))
    assert len(gpu.group(predictor.predict(red_frame(1)), EVERYBODY)) == 2
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
            assert len(gpu.group(found, EVERYBODY)) == 2
    assert predictor.provider.actual == "CPU"
