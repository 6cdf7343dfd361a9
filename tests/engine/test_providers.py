"""Which provider is tried, what is told of the one that runs, and why it is another."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

import engine.providers
from engine.config import Provider, RuntimeOptions
from engine.models import find_model
from engine.runtime import OnnxPredictor
from engine.types import Frame
from tests.tiny_onnx import write_tiny_onnx

CPU = RuntimeOptions(provider=Provider.CPU)


def frame_of(image: np.ndarray) -> Frame:
    return Frame(image, index=0, time_s=0.0, captured_at_s=0.0)


@pytest.fixture
def tiny(tmp_path):
    return find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))


class OrtWithout:
    """ONNX Runtime of a wheel that was built with the given providers."""

    __version__ = "1.0"
    __file__ = onnxruntime.__file__

    def __init__(self, *available: str) -> None:
        self._available = [*available, "CPUExecutionProvider"]

    def get_available_providers(self) -> list[str]:
        return self._available


@pytest.mark.parametrize("provider", [Provider.CUDA, Provider.TENSORRT, Provider.OPENVINO])
def test_a_provider_the_wheel_lacks_is_reported_with_the_fix(tiny, monkeypatch, provider):
    monkeypatch.setattr(engine.providers, "import_onnxruntime", OrtWithout)
    monkeypatch.setattr(engine.providers, "installed_runtimes", lambda: {"onnxruntime": "1.31.1"})
    predictor = OnnxPredictor(tiny, replace(CPU, provider=provider))
    report = predictor.provider
    assert report.requested == provider.value
    assert report.actual == "CPU"
    assert "onnxruntime 1.31.1 was built without" in report.reason
    assert report.fix
    assert predictor.predict(frame_of(np.zeros((97, 129, 3), np.uint8))).person_logits.size


def test_two_runtime_wheels_at_once_are_the_reason(tiny, monkeypatch):
    both = {"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"}
    monkeypatch.setattr(engine.providers, "import_onnxruntime", OrtWithout)
    monkeypatch.setattr(engine.providers, "installed_runtimes", lambda: both)
    report = OnnxPredictor(tiny, replace(CPU, provider=Provider.CUDA)).provider
    assert "overwrite each other" in report.reason
    assert "Uninstall" in report.fix


class SessionOn:
    """A session that came up on the given provider."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def get_providers(self) -> list[str]:
        return [self._provider]


@pytest.mark.parametrize("requested", [Provider.CUDA, Provider.AUTO])
@pytest.mark.parametrize("missing", ["", "libcudnn.so.9: cannot open shared object file"])
def test_a_gpu_wheel_whose_cuda_does_not_start_is_reported(monkeypatch, requested, missing):
    gpu_wheel = OrtWithout("CUDAExecutionProvider")
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: gpu_wheel)
    monkeypatch.setattr(engine.providers, "_missing_library", lambda name: missing)
    plan = engine.providers.plan_providers(requested)
    session = SessionOn("CPUExecutionProvider")
    report = engine.providers.report_provider(plan, session, "float32")
    assert report.fell_back
    assert report.actual == "CPU"
    assert (missing or "no usable device") in report.reason
    assert report.fix


def test_without_a_driver_the_driver_is_what_is_missing(monkeypatch):
    gpu_wheel = OrtWithout("CUDAExecutionProvider")
    missing = "libcuda.so.1: cannot open shared object file: No such file or directory"
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: gpu_wheel)
    monkeypatch.setattr(engine.providers, "_missing_library", lambda name: missing)
    plan = engine.providers.plan_providers(Provider.CUDA)
    report = engine.providers.report_provider(plan, SessionOn("CPUExecutionProvider"), "float32")
    assert "NVIDIA's driver is not installed" in report.reason
    assert "Install NVIDIA's driver" in report.fix


@pytest.mark.parametrize(
    ("platform", "library"),
    [
        ("linux", "libonnxruntime_providers_cuda.so"),
        ("win32", "onnxruntime_providers_cuda.dll"),
    ],
)
def test_a_provider_library_that_does_not_load_is_asked_why(
    platform, library, tmp_path, monkeypatch
):
    gpu_wheel = OrtWithout("CUDAExecutionProvider")
    gpu_wheel.__file__ = str(tmp_path / "__init__.py")
    (tmp_path / "capi").mkdir()
    (tmp_path / "capi" / library).write_bytes(b"no library")
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: gpu_wheel)
    monkeypatch.setattr(engine.providers.sys, "platform", platform)
    plan = engine.providers.plan_providers(Provider.CUDA)
    report = engine.providers.report_provider(plan, SessionOn("CPUExecutionProvider"), "float32")
    assert "because a library is missing" in report.reason
    assert library in report.reason
    assert ("Visual C++" in report.fix) == (platform == "win32")


def test_on_windows_cudnn_finds_the_parts_that_it_loads_by_name(tmp_path, monkeypatch):
    parts = [
        tmp_path / "nvidia" / "cudnn" / "bin" / "cudnn_cnn64_9.dll",
        tmp_path / "nvidia" / "cu13" / "bin" / "x86_64" / "cublas64_13.dll",
    ]
    for part in parts:
        part.parent.mkdir(parents=True)
        part.touch()
    gpu_wheel = OrtWithout("CUDAExecutionProvider")
    gpu_wheel.__file__ = str(tmp_path / "onnxruntime" / "__init__.py")
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: gpu_wheel)
    monkeypatch.setattr(engine.providers.sys, "platform", "win32")
    monkeypatch.setenv("PATH", "as it was")
    for _ in range(2):
        engine.providers.plan_providers(Provider.CUDA)
        found = os.environ["PATH"].split(os.pathsep)
        assert sorted(found) == sorted([*(str(part.parent) for part in parts), "as it was"])
        assert found[-1] == "as it was"


def test_what_runs_is_read_back_from_the_session(monkeypatch):
    gpu_wheel = OrtWithout("CUDAExecutionProvider", "TensorrtExecutionProvider")
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: gpu_wheel)
    monkeypatch.setattr(engine.providers, "_missing_library", lambda name: "")
    on_cuda = SessionOn("CUDAExecutionProvider")
    plan = engine.providers.plan_providers(Provider.AUTO)
    report = engine.providers.report_provider(plan, on_cuda, "float16")
    assert (report.actual, report.precision, report.fell_back) == ("CUDA", "float16", False)
    assert report.fixed_size == "CUDA keeps one input size."
    # TensorRT's engine is for the whole way over the GPU; a network alone says so.
    plan = engine.providers.plan_providers(Provider.TENSORRT)
    report = engine.providers.report_provider(plan, on_cuda, "float16")
    assert report.actual == "CUDA"
    assert "TensorRT serves only where" in report.reason
    report = engine.providers.report_provider(plan.meanwhile, on_cuda, "float16")
    assert (report.requested, report.actual, report.fell_back) == ("tensorrt", "CUDA", False)


@pytest.mark.parametrize(
    ("built_in", "first"),
    [
        ((), Provider.CPU),
        (("OpenVINOExecutionProvider",), Provider.OPENVINO),
        (("OpenVINOExecutionProvider", "CUDAExecutionProvider"), Provider.CUDA),
    ],
)
def test_unasked_the_quickest_provider_of_the_wheel_is_taken(monkeypatch, built_in, first):
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: OrtWithout(*built_in))
    plan = engine.providers.plan_providers(Provider.AUTO)
    assert plan.first is first
    assert plan.problem is None
    assert plan.tried[-1][0] == "CPUExecutionProvider"


def test_an_openvino_that_does_not_start_is_reported_with_its_own_fix(monkeypatch):
    wheel = OrtWithout("OpenVINOExecutionProvider")
    monkeypatch.setattr(engine.providers, "import_onnxruntime", lambda: wheel)
    plan = engine.providers.plan_providers(Provider.OPENVINO, threads=2)
    assert plan.tried[0][1]["num_of_threads"] == "2"
    for missing in ("", "libopenvino.so: cannot open shared object file"):
        monkeypatch.setattr(engine.providers, "_missing_library", lambda name, m=missing: m)
        on_cpu = SessionOn("CPUExecutionProvider")
        report = engine.providers.report_provider(plan, on_cpu, "int8")
        assert f"OpenVINO did not start{' because' if missing else '.'}" in report.reason
        assert "--extra openvino" in report.fix
    there = SessionOn("OpenVINOExecutionProvider")
    report = engine.providers.report_provider(plan, there, "int8")
    assert (report.actual, report.fell_back, report.fixed_size) == ("OpenVINO", False, "")
