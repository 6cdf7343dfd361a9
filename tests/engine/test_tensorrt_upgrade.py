"""TensorRT takes over between two frames; what builds and what runs are stand-ins."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine import gpu
from engine.bound_network import BoundNetwork
from engine.config import Provider, RuntimeOptions
from engine.errors import RuntimeUnavailable
from engine.gpu_predictor import GpuPredictor
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile, find_model
from engine.predictor import finish_preparing
from engine.providers import ProviderPlan, plan_providers
from engine.tensorrt import key, upgrade
from engine.tensorrt.upgrade import TensorrtUpgrade
from engine.types import Frame
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.gpu_cases import EVERYBODY
from tests.tiny_onnx import METADATA, write_tiny_onnx

FAKE = Path(__file__).parents[1] / "fake_engine_builder.py"
OPTIONS = RuntimeOptions(provider=Provider.CPU, input_long_side=129)
PLAN = ProviderPlan(Provider.TENSORRT, "CPUExecutionProvider", (("CPUExecutionProvider", {}),))
WAIT_S = 60.0

Open = Callable[..., GpuPredictor]


class Engines:
    """Opens what was "built" as a network on the processor. opened: the folders, in order."""

    def __init__(self, model: ModelFile) -> None:
        self.model = model
        self.opened: list[Path] = []

    def __call__(
        self, model: ModelFile, plan: ProviderPlan, backend: Backend, input_hw: tuple[int, int]
    ) -> BoundNetwork:
        first, options = plan.tried[0]
        assert first == plan.wanted == "TensorrtExecutionProvider"
        assert (options["trt_fp16_enable"], model.precision) == ("1", "float16")
        folder = Path(options["trt_engine_cache_path"])
        assert (folder / "network.engine").is_file()
        self.opened.append(folder)
        told = ModelFile(self.model.path, self.model.info, "float16")
        return BoundNetwork(told, plan_providers(Provider.CPU), backend, input_hw)


@pytest.fixture
def engines(model: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.setattr(key, "tensorrt_version", lambda: "101601")
    monkeypatch.setattr(key.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    engines = Engines(model)
    monkeypatch.setattr(upgrade, "BoundNetwork", engines)
    return engines


@pytest.fixture
def open_with(model: ModelFile) -> Open:
    """A predictor on "CUDA" whose engines are built by the stand-in, which does as told."""
    require_compiler()

    def opened(*what: str) -> GpuPredictor:
        backend = HostBackend()
        predictor = GpuPredictor(model, OPTIONS, PLAN, backend)
        command = (sys.executable, str(FAKE), *what)
        predictor.upgrade_with(TensorrtUpgrade(model, PLAN, backend, command))
        return predictor

    return opened


def red_frame(size_hw: tuple[int, int] = (96, 128)) -> Frame:
    """Two red people."""
    height, width = size_hw
    image = np.zeros((height, width, 3), np.uint8)
    for left in (width // 8, width * 5 // 8):
        image[height // 4 : height * 3 // 4, left : left + width // 5, 2] = 255
    return Frame(image, 0, 0.0, 0.0)


def people(predictor: GpuPredictor, size_hw: tuple[int, int] = (96, 128)) -> int:
    return len(gpu.group(predictor.predict(red_frame(size_hw)), EVERYBODY))


def frames_until(predictor: GpuPredictor, reached: Callable[[], Any], **options: Any) -> None:
    """Every frame that comes meanwhile has its people."""
    deadline_s = time.monotonic() + WAIT_S
    while not reached():
        assert people(predictor, **options) == 2
        assert time.monotonic() < deadline_s, predictor.provider
        time.sleep(0.01)


def networks() -> int:
    return sum(thread.name == "bbe-cuda" for thread in threading.enumerate())


def test_cuda_serves_until_the_engine_is_built_and_then_it_takes_over(
    open_with: Open, engines: Engines, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    predictor = open_with("waits", str(go))
    assert "from the first frame on" in predictor.provider.preparing
    frames_until(predictor, lambda: "builds its engine" in predictor.provider.preparing)
    report = predictor.provider
    assert (report.requested, report.precision) == ("tensorrt", "float32")
    assert not report.fell_back
    go.touch()
    frames_until(predictor, lambda: predictor.provider.precision == "float16")
    assert predictor.provider.preparing == ""
    assert not predictor.provider.fell_back
    assert people(predictor) == 2
    assert len(engines.opened) == 1
    assert "101601" in (engines.opened[0] / "key.json").read_text()
    predictor.close()
    deadline_s = time.monotonic() + WAIT_S
    while networks():
        assert time.monotonic() < deadline_s, "a network is left open"
        time.sleep(0.01)


def test_an_engine_that_was_kept_is_opened_without_building(
    open_with: Open, engines: Engines
) -> None:
    told: list[str] = []
    for what in ("builds", "fails"):
        predictor = open_with(what)
        finish_preparing(predictor, red_frame(), told.append)
        assert predictor.provider.precision == "float16"
        assert not predictor.provider.fell_back
        predictor.close()
    assert len(set(engines.opened)) == 1
    assert any("engine" in text for text in told)


def test_a_build_that_fails_leaves_cuda_serving_and_says_why(
    open_with: Open, engines: Engines
) -> None:
    predictor = open_with("fails")
    frames_until(predictor, lambda: predictor.provider.fell_back)
    report = predictor.provider
    assert report.precision == "float32"
    assert report.preparing == ""
    assert report.reason == "TensorRT takes no part of this model."
    assert report.fix == "Choose CUDA."
    # And it is not tried again, for another size neither.
    assert people(predictor) == people(predictor, (128, 96)) == 2
    assert not psutil.Process().children()
    assert engines.opened == []
    predictor.close()


def test_closing_ends_the_build(open_with: Open, engines: Engines, tmp_path: Path) -> None:
    predictor = open_with("waits", str(tmp_path / "never"))
    frames_until(predictor, psutil.Process().children)
    predictor.close()
    deadline_s = time.monotonic() + WAIT_S
    while psutil.Process().children() or any((tmp_path / "cache" / "tensorrt").iterdir()):
        assert time.monotonic() < deadline_s, "the build goes on"
        time.sleep(0.01)
    assert engines.opened == []


def test_another_frame_size_gets_its_own_engine_and_is_served_meanwhile(
    open_with: Open, engines: Engines
) -> None:
    predictor = open_with("builds")
    frames_until(predictor, lambda: predictor.provider.precision == "float16")
    assert people(predictor, (128, 96)) == 2
    assert predictor.provider.precision == "float32"
    frames_until(predictor, lambda: predictor.provider.precision == "float16", size_hw=(128, 96))
    assert people(predictor) == 2
    assert predictor.provider.precision == "float32"
    frames_until(predictor, lambda: predictor.provider.precision == "float16")
    assert len(engines.opened) == 3
    assert len(set(engines.opened)) == 2
    predictor.close()


def test_an_engine_that_gives_other_maps_does_not_serve(
    open_with: Open, engines: Engines, tmp_path: Path
) -> None:
    wide = METADATA | {"anchor_width": "48", "anchor_height": "72"}
    path = write_tiny_onnx(tmp_path / "blue.onnx", metadata=wide, logit_per_red=-0.05)
    engines.model = find_model(path)
    predictor = open_with("builds")
    frames_until(predictor, lambda: predictor.provider.fell_back)
    assert "other results on TensorRT than on the CPU" in predictor.provider.reason
    assert predictor.provider.precision == "float32"
    predictor.close()


@pytest.mark.parametrize(
    "error", [RuntimeUnavailable("TensorRT cannot be loaded: x.", "Install it."), OSError("full")]
)
def test_what_is_missing_is_told_and_no_surprise_reaches_the_picture(
    open_with: Open, engines: Engines, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise error

    monkeypatch.setattr(key, "tensorrt_version", refuse)
    predictor = open_with("builds")
    frames_until(predictor, lambda: predictor.provider.fell_back)
    assert "TensorRT" in predictor.provider.reason
    assert str(error.args[0]) in predictor.provider.reason
    assert predictor.provider.fix
    predictor.close()
