"""The mean of two looks, on predictions that are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import gpu
from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.group import group
from engine.kernels.cuda import CudaBackend
from engine.providers import ProviderPlan, plan_providers
from engine.second_look import SecondLook, mean_prediction
from engine.types import Frame, Prediction
from tests.fakes import FakePredictor
from tests.tiny_onnx import write_tiny_onnx

SIDE = 257


def some_frame() -> Frame:
    image = np.zeros((240, 320, 3), np.uint8)
    image[40:200, 30:120] = 80
    image[90:230, 200:290] = 160
    return Frame(image, 0, 0.0, 0.0)


def at(side: int) -> Prediction:
    return FakePredictor().predict(some_frame(), side)


def test_two_looks_that_agree_find_the_people_of_one() -> None:
    once = group(
        FakePredictor(input_long_side=SIDE).predict(some_frame()), GroupOptions(fine_edges=False)
    )
    twice = group(
        SecondLook(FakePredictor(input_long_side=SIDE)).predict(some_frame()),
        GroupOptions(fine_edges=False),
    )

    assert len(once) == len(twice) == 2
    order = np.argsort(twice.boxes_xyxy[:, 0])
    expected = once.boxes_xyxy[np.argsort(once.boxes_xyxy[:, 0])]
    assert twice.boxes_xyxy[order] == pytest.approx(expected, abs=2.0)
    same = (twice.labels > 0) == (once.labels > 0)
    assert same.mean() > 0.99


def test_every_pixel_keeps_its_own_box_where_two_looks_agree() -> None:
    first, second = at(257), at(337)
    mean = mean_prediction(first, second)
    inside = cv2.erode((first.person_logits > 0).astype(np.uint8), np.ones((5, 5))) > 0
    off = np.abs(mean.box_deltas - first.box_deltas)[:, inside]
    assert off.max(axis=1) == pytest.approx(0.0, abs=0.03)


def test_the_second_look_is_larger_and_the_prediction_has_the_size_asked_for() -> None:
    seen: list[int] = []

    def note(side: int) -> float:
        seen.append(side)
        return float(side)

    network = SecondLook(FakePredictor(input_long_side=SIDE, network_ms=note))
    prediction = network.predict(some_frame())
    smaller = network.predict(some_frame(), 129)

    assert seen == [257, 337, 129, 161]
    assert max(prediction.geometry.input_hw) == 257
    assert max(smaller.geometry.input_hw) == 129
    assert prediction.stage_ms["network"] == 257 + 337


def test_who_only_one_look_sees_is_as_likely_as_not() -> None:
    first, second = at(257), at(337)
    blind = replace(second, person_logits=np.full_like(second.person_logits, -50))
    mean = mean_prediction(replace(first, person_logits=first.person_logits + 50), blind)

    sure = first.person_logits > 0
    assert mean.person_logits[sure] == pytest.approx(0.0, abs=1e-3)


def test_probabilities_are_averaged_and_certainty_stays_finite() -> None:
    first, second = at(257), at(257)
    near, far = np.float32(3.0), np.float32(-200.0)
    mean = mean_prediction(
        replace(first, person_logits=np.full_like(first.person_logits, near)),
        replace(second, person_logits=np.full_like(second.person_logits, far)),
    )

    probability = 1 / (1 + np.exp(-mean.person_logits))
    assert probability == pytest.approx(0.5 / (1 + np.exp(-near)), rel=1e-4)

    both = mean_prediction(
        replace(first, person_logits=np.full_like(first.person_logits, far)),
        replace(second, person_logits=np.full_like(second.person_logits, far)),
    )
    assert both.person_logits == pytest.approx(far, rel=1e-4)


def test_what_another_network_prepared_is_refused() -> None:
    network = FakePredictor()
    with pytest.raises(TypeError, match="another predictor"):
        SecondLook(network).infer(network.prepare(some_frame()))


def test_closing_it_closes_the_network() -> None:
    network = FakePredictor()
    SecondLook(network).close()
    assert network.closed.is_set()


def test_a_gpu_then_runs_the_network_alone_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched() -> CudaBackend:
        raise AssertionError("its kernels keep one input size")

    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CPUExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    on_cpu = plan_providers(Provider.CPU)
    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    monkeypatch.setattr("engine.runtime.plan_providers", lambda *_: on_cpu)
    monkeypatch.setattr(gpu, "CudaBackend", touched)
    model = write_tiny_onnx(tmp_path / "tiny.onnx")
    network = gpu.open_predictor(RuntimeOptions(model=str(model), look_twice=True))

    assert isinstance(network, SecondLook)
    assert "second look" in network.provider.reason
    assert "Switch the second look off" in network.provider.fix
    assert max(network.predict(some_frame()).geometry.input_hw) == network.long_side
    network.close()


def test_only_who_asks_gets_one(tmp_path: Path) -> None:
    model = str(write_tiny_onnx(tmp_path / "tiny.onnx"))
    once = gpu.open_predictor(RuntimeOptions(model, Provider.CPU))
    twice = gpu.open_predictor(RuntimeOptions(model, Provider.CPU, look_twice=True))
    assert not isinstance(once, SecondLook)
    assert isinstance(twice, SecondLook)
