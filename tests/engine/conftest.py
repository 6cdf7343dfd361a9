"""The GPU's half of the pipeline, its kernels run on the processor and ONNX Runtime bound
to the same memory; nothing here needs a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import Provider
from engine.gpu_predictor import GpuPredictor
from engine.models import ModelFile
from engine.providers import plan_providers
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.gpu_cases import OPTIONS, red_model


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    """Sees red as people."""
    return red_model(tmp_path)


@pytest.fixture
def backend() -> HostBackend:
    """The kernels, run on the processor."""
    require_compiler()
    return HostBackend()


@pytest.fixture
def predictor(model: ModelFile, backend: HostBackend) -> GpuPredictor:
    """The GPU's half of the pipeline on that backend."""
    return GpuPredictor(model, OPTIONS, plan_providers(Provider.CPU), backend)
