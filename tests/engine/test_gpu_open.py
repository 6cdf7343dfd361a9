"""Where a network opens: on a GPU that comes up, else on the CPU, and the user is told why."""

from __future__ import annotations

import sys

import pytest

from engine import gpu
from engine.config import Provider, RuntimeOptions
from engine.errors import EngineError, KernelError, RuntimeUnavailable
from engine.kernels.cuda import CudaBackend
from engine.kernels.cuda_device import INSTALL_HINT
from engine.models import ModelFile
from engine.providers import ProviderPlan, built_in_providers, plan_providers
from engine.runtime import OnnxPredictor
from tests.engine.gpu_cases import EVERYBODY, red_frame


@pytest.mark.parametrize("provider", [Provider.AUTO, Provider.CPU])
def test_without_a_gpu_wheel_the_network_opens_as_ever_and_cupy_stays_out(
    provider: Provider, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched() -> CudaBackend:
        raise AssertionError("no device may be looked for")

    monkeypatch.setattr(gpu, "CudaBackend", touched)
    if provider is Provider.AUTO and "CUDA" in built_in_providers():
        pytest.skip("the installed ONNX Runtime has CUDA")
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path), provider=provider))
    assert isinstance(predictor, OnnxPredictor)
    assert not predictor.provider.fell_back
    assert "cupy" not in sys.modules


@pytest.mark.parametrize(
    "error",
    [
        RuntimeUnavailable("CuPy cannot be loaded.", INSTALL_HINT),
        KernelError("A GPU kernel could not be compiled.", "Check CuPy."),
    ],
)
def test_a_missing_library_leaves_the_rest_to_the_cpu_and_says_how_to_get_it(
    error: EngineError, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_backend() -> CudaBackend:
        raise error

    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CPUExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    # Also where the installed ONNX Runtime would try CUDA.
    on_cpu = plan_providers(Provider.CPU)
    monkeypatch.setattr("engine.runtime.plan_providers", lambda *_: on_cpu)
    monkeypatch.setattr(gpu, "CudaBackend", no_backend)
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path)))
    assert len(gpu.group(predictor.predict(red_frame()), EVERYBODY)) == 2
    assert error.message in predictor.provider.reason
    assert predictor.provider.fix == error.hint
    assert predictor.model == model.info
    predictor.close()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("alike", [True, False])
def test_a_gpu_that_can_do_nothing_at_all_leaves_everything_to_the_cpu(
    named: bool, alike: bool, model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose memory is full, or one that this CUDA knows nothing of."""
    cuda_first = ProviderPlan(
        Provider.AUTO,
        "CUDAExecutionProvider",
        (("CUDAExecutionProvider", {}), ("CPUExecutionProvider", {})),
    )
    full = RuntimeUnavailable("CUDA failure 2: out of memory.", "Check `nvidia-smi`.")

    def open_network(file: ModelFile, options: RuntimeOptions) -> OnnxPredictor:
        if options.provider is Provider.CPU:
            return OnnxPredictor(file, options)
        raise full

    def no_backend() -> CudaBackend:
        first = full.message if alike else "The GPU has no memory left."
        raise KernelError(first, "Close other programs.")

    monkeypatch.setattr(gpu, "plan_providers", lambda *_: cuda_first)
    monkeypatch.setattr(gpu, "CudaBackend", no_backend)
    monkeypatch.setattr(gpu, "OnnxPredictor", open_network)
    predictor = gpu.open_predictor(RuntimeOptions(model=str(model.path) if named else ""))
    assert len(predictor.predict(red_frame()).person_logits)
    report = predictor.provider
    assert (report.requested, report.actual) == ("auto", "CPU")
    both = f"The GPU has no memory left. {full.message}"
    assert report.reason == (full.message if alike else both)
    assert report.fix == "Close other programs."
    # Unasked for a model, the CPU's default serves, not that for a GPU.
    assert report.precision == ("float32" if named else "int8")
    predictor.close()
