"""The GPU is believed only after it gave what the CPU gives; played on the processor."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import bound_network, gpu, gpu_self_check, runtime
from engine.config import Precision, Provider, RuntimeOptions
from engine.errors import KernelError, RuntimeUnavailable
from engine.float16 import as_float16
from engine.gpu_predictor import GpuPrediction, GpuPredictor
from engine.models import ModelFile, find_model
from engine.predictor import Predictor
from engine.providers import ProviderPlan, plan_providers
from engine.types import Frame
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.gpu_cases import EVERYBODY
from tests.tiny_onnx import METADATA, write_tiny_onnx


class WrongBackend(HostBackend):
    """Spoils what comes back from the device with that many dimensions.

    from_copy: so many such copies are still right.
    """

    def __init__(self, dimensions: int, dtype: type, from_copy: int = 0) -> None:
        super().__init__()
        self._dimensions, self._dtype = dimensions, np.dtype(dtype)
        self._right_copies = from_copy

    def copy_out(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        super().copy_out(target, source)
        if target.ndim == self._dimensions and target.dtype == self._dtype:
            self._right_copies -= 1
            if self._right_copies < 0:
                moved = np.roll(target, target.shape[-2] // 3, axis=-2)
                target[...] = moved if target.dtype == np.uint8 else target + 3


class FailingBackend(HostBackend):
    """Refuses one kernel."""

    def __init__(self, kernel: str, error: Exception) -> None:
        super().__init__()
        self._kernel, self._error = kernel, error

    def launch(self, file: str, kernel: str, *arguments: Any, **options: Any) -> None:
        if kernel == self._kernel:
            raise self._error
        super().launch(file, kernel, *arguments, **options)


@pytest.fixture
def open_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Predictor]:
    """Opens a tiny model that sees red as people as if `backend` were a CUDA device.

    Whatever ONNX Runtime is installed: what falls back runs on the processor.
    """
    require_compiler()
    wide = METADATA | {"anchor_width": "48", "anchor_height": "72"}
    path = write_tiny_onnx(tmp_path / "tiny.onnx", metadata=wide)
    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CPUExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )

    def on_processor(
        model: ModelFile, options: RuntimeOptions, plan: ProviderPlan, backend: HostBackend
    ) -> GpuPredictor:
        on_processor = replace(plan_providers(Provider.CPU), problem=plan.problem)
        return GpuPredictor(model, options, on_processor, backend)

    def opened(backend: HostBackend, precision: Precision = Precision.MODEL) -> Predictor:
        monkeypatch.setattr(gpu, "CudaBackend", lambda: backend)
        options = RuntimeOptions(model=str(path), input_long_side=129, precision=precision)
        return gpu.open_predictor(options)

    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    monkeypatch.setattr(runtime, "plan_providers", lambda *_: plan_providers(Provider.CPU))
    monkeypatch.setattr(gpu, "GpuPredictor", on_processor)
    return opened


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor is slow where a GPU is not."""
    monkeypatch.setattr(gpu_self_check, "FRAME_HW", (120, 160))
    monkeypatch.setattr(gpu_self_check, "GROUP_RUNS", 2)


def red_frame() -> Frame:
    """Two red people."""
    image = np.zeros((96, 128, 3), np.uint8)
    image[24:72, 16:41, 2] = image[24:72, 80:105, 2] = 255
    return Frame(image, 0, 0.0, 0.0)


def test_a_sound_device_passes_and_serves(open_on: Callable[..., Predictor]) -> None:
    backend = HostBackend(seed=7)
    predictor = open_on(backend)
    assert isinstance(predictor, GpuPredictor)
    assert not predictor.provider.fell_back
    assert {"preprocess", "relabel", "upsample_labels", "composite"} <= set(backend.launched)
    prediction = predictor.predict(red_frame())
    assert isinstance(prediction, GpuPrediction)
    assert len(gpu.group(prediction, EVERYBODY)) == 2
    predictor.close()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("wrong", [False, True])
def test_float16_serves_where_it_gives_the_same_and_else_the_models_own_precision(
    open_on: Callable[..., Predictor], wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def converted(model: ModelFile) -> bytes:
        if not wrong:
            return model.path.read_bytes()
        return write_tiny_onnx(tmp_path / "wrong.onnx", metadata={
            **METADATA, "anchor_width": "48", "anchor_height": "72"}, logit_per_red=-0.05
        ).read_bytes()  # fmt: skip

    monkeypatch.setattr(bound_network, "as_float16", converted)
    predictor = open_on(HostBackend(), Precision.FLOAT16)
    assert isinstance(predictor, GpuPredictor)
    report = predictor.provider
    assert report.precision == ("float32" if wrong else "float16")
    assert report.fell_back is wrong
    if wrong:
        assert "float16 is left out: The network gave other results" in report.reason
        assert report.fix
    assert len(gpu.group(predictor.predict(red_frame()), EVERYBODY)) == 2
    predictor.close()


def test_without_onnx_float16_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    model = find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))
    with pytest.raises(RuntimeUnavailable, match="onnx cannot be loaded") as caught:
        as_float16(model)
    assert "GPU packages" in caught.value.hint


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("backend", "what"),
    [
        (lambda: WrongBackend(4, np.uint8), "network's input is off"),
        (lambda: WrongBackend(2, np.uint8), "of the pixels have the same person"),
        (lambda: WrongBackend(2, np.uint8, from_copy=1), "of the pixels have the same person"),
        (lambda: WrongBackend(2, np.uint8, from_copy=2), "of the pixels have the same person"),
        (lambda: WrongBackend(3, np.uint8), "pixels of the picture have another colour"),
        (lambda: WrongBackend(2, np.float32), "of its person map are the same"),
        (lambda: WrongBackend(2, np.float32, from_copy=2), "of its person map are the same"),
        (lambda: WrongBackend(3, np.uint8, from_copy=2), "the view in which motion is looked for"),
        (lambda: WrongBackend(3, np.float32), "averaged maps are off by 3"),
        (lambda: WrongBackend(3, np.float32, from_copy=1), "of its boxes are the same"),
        (
            lambda: FailingBackend("composite", KernelError("The GPU stopped.", "Plug it in.")),
            "The GPU stopped.",
        ),
        (lambda: FailingBackend("relabel", TypeError("no such thing")), "TypeError: no such thing"),
    ],
    ids=[
        "input", "labels", "second labels", "fine edges", "picture", "maps", "stale maps", "view",
        "averaged maps", "boxes", "error", "surprise",
    ],
)  # fmt: skip
def test_a_device_that_gives_other_results_does_not_serve_and_the_user_is_told(
    backend: Callable[[], HostBackend], what: str, open_on: Callable[..., Predictor]
) -> None:
    wrong = backend()
    predictor = open_on(wrong)
    assert not isinstance(predictor, GpuPredictor)
    assert wrong.closed
    report = predictor.provider
    assert report.fell_back
    assert what in report.reason
    assert "the rest on the CPU" in report.reason
    assert report.fix
    if isinstance(wrong, WrongBackend):
        assert "gave other results" in report.reason
        assert "docs/gpu_check.py" in report.fix
    launches = len(wrong.launched)
    assert len(gpu.group(predictor.predict(red_frame()), EVERYBODY)) == 2
    assert len(wrong.launched) == launches
    predictor.close()
