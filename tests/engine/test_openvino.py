"""OpenVINO serves only where it gives what the CPU gives; played on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine import gpu, openvino
from engine.config import Provider, RuntimeOptions
from engine.errors import ModelNotOnnx, RuntimeUnavailable
from engine.models import ModelFile, find_model
from engine.network_check import Maps, check_network
from engine.predictor import Predictor, ProviderReport, WithReport
from engine.providers import ProviderPlan
from engine.runtime import OnnxPredictor
from engine.types import Frame, Prediction, Prepared
from tests.fakes import FakePredictor
from tests.tiny_onnx import write_tiny_onnx

OPTIONS = RuntimeOptions(provider=Provider.OPENVINO, input_long_side=129)
RED = Frame(np.full((96, 128, 3), (0, 0, 255), np.uint8), 0, 0.0, 0.0)


class OnOpenVino(OnnxPredictor):
    """The CPU, saying that it is OpenVINO where that is asked for."""

    opened: list[OnOpenVino]

    def __init__(self, model: ModelFile, options: RuntimeOptions) -> None:
        super().__init__(model, RuntimeOptions(provider=Provider.CPU, input_long_side=129))
        if options.provider is Provider.OPENVINO:
            self._provider = ProviderReport("openvino", "OpenVINO", "float32")
        self.opened.append(self)

    @property
    def closed(self) -> bool:
        return self._session is None


class WithWrongBoxes(OnOpenVino):
    """OpenVINO 1.24.1: the first channel's bias is everyone's."""

    def infer(self, prepared: Prepared) -> Prediction:
        prediction = super().infer(prepared)
        if self.provider.actual == "OpenVINO":
            prediction.box_deltas[1:] += 1
        return prediction


class Refusing(OnOpenVino):
    """OpenVINO that cannot compile the network; ONNX Runtime's errors say no more."""

    def __init__(self, model: ModelFile, options: RuntimeOptions) -> None:
        if options.provider is Provider.OPENVINO:
            raise ModelNotOnnx("tiny.onnx is no model.") from RuntimeError("no such kernel")
        super().__init__(model, options)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))


def open_with(
    kind: type[OnOpenVino], model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> Predictor:
    kind.opened = []
    monkeypatch.setattr(openvino, "OnnxPredictor", kind)
    return openvino.open_on_openvino(model, OPTIONS)


def test_openvino_serves_where_its_results_are_the_cpus(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = open_with(OnOpenVino, model, monkeypatch)
    assert predictor.provider.actual == "OpenVINO"
    assert not predictor.provider.fell_back
    on_cpu, on_openvino = OnOpenVino.opened
    assert predictor is on_openvino
    assert on_cpu.closed
    assert predictor.predict(RED).person_logits.min() > 0


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(WithWrongBoxes, "gave other results on OpenVINO"), (Refusing, "no such kernel")],
)
def test_the_cpu_serves_where_openvino_is_wrong_or_fails_and_says_why(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch, kind: type[OnOpenVino], reason: str
) -> None:
    predictor = open_with(kind, model, monkeypatch)
    report = predictor.provider
    assert (report.requested, report.actual) == ("openvino", "CPU")
    assert reason in report.reason
    assert "float32 model" in report.fix
    assert predictor.model.name == "tiny"
    assert predictor.long_side == 129
    assert max(predictor.predict(RED, 97).geometry.input_hw) == 97
    predictor.close()
    assert all(opened.closed for opened in kind.opened)


def test_a_wheel_with_openvino_is_asked_for_it(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "OpenVINOExecutionProvider"
    plan = ProviderPlan(Provider.OPENVINO, name, ((name, {}), ("CPUExecutionProvider", {})))
    asked: list[ModelFile] = []
    monkeypatch.setattr(gpu, "plan_providers", lambda *_: plan)
    monkeypatch.setattr(
        gpu, "open_on_openvino", lambda model, _options: asked.append(model) or FakePredictor()
    )
    gpu.open_predictor(RuntimeOptions(str(model.path), Provider.OPENVINO))
    assert [found.path for found in asked] == [model.path]


@pytest.mark.parametrize(
    ("precision", "off", "passes"),
    [("float32", 0.1, False), ("int8", 0.1, True), ("int8", 0.4, False)],
)
def test_8_bit_maps_may_differ_by_rounding_but_not_more(
    model: ModelFile, precision: str, off: float, passes: bool
) -> None:
    on_cpu = OnnxPredictor(model, RuntimeOptions(provider=Provider.CPU))
    reference = WithReport(on_cpu, ProviderReport("cpu", "CPU", precision))

    def maps_of(frame: Frame) -> Maps:
        found = on_cpu.predict(frame)
        return found.person_logits, found.box_deltas + np.float32(off)

    if passes:
        check_network(maps_of, reference, (96, 128), "on it", "Fix it.")
        return
    with pytest.raises(RuntimeUnavailable, match=r"on it .* its boxes are the same.* Fix it"):
        check_network(maps_of, reference, (96, 128), "on it", "Fix it.")
