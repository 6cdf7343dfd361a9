"""What an engine that TensorRT built is valid for, and where it is kept."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from engine.errors import RuntimeUnavailable
from engine.models import ModelFile
from engine.onnx_file import import_onnxruntime
from engine.providers import ProviderOptions

INSTALL_HINT = (
    'Install TensorRT 10 beside the GPU packages with `uv pip install "tensorrt-cu13<11"`, '
    "or tensorrt-cu12 for CUDA 12."
)
_LIBRARY = "nvinfer_10.dll" if sys.platform == "win32" else "libnvinfer.so.10"
"""What ONNX Runtime 1.31 and those before it since 1.18 are linked against."""


@dataclass(frozen=True, slots=True)
class EngineKey:
    """Everything that makes another engine necessary.

    precision: "float16" or "float32". device: the GPU's name. tensorrt, onnxruntime: versions.
    """

    model_sha256: str
    input_hw: tuple[int, int]
    precision: str
    device: str
    tensorrt: str
    onnxruntime: str

    @classmethod
    def of(
        cls, model: ModelFile, input_hw: tuple[int, int], precision: str, device: str
    ) -> EngineKey:
        """The key here and now. Raises `RuntimeUnavailable` where TensorRT is missing."""
        with model.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        version = str(import_onnxruntime().__version__)
        return cls(sha256, input_hw, precision, device, tensorrt_version(), version)

    @property
    def text(self) -> str:
        """All of it as JSON, for people who look into the folder."""
        return json.dumps(asdict(self), indent=2)

    @property
    def folder(self) -> Path:
        """Where the engine is kept; it exists once the engine is complete."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:16]
        height, width = self.input_hw
        cache = platformdirs.user_cache_path("bbe-live") / "tensorrt"
        return cache / f"{width}x{height}-{self.precision}-{digest}"


def tensorrt_version() -> str:
    """As the library tells it, e.g. "101601". Raises `RuntimeUnavailable`."""
    with contextlib.suppress(ImportError):
        importlib.import_module("tensorrt_libs")  # the wheel's libraries; loads them
    try:
        ask = ctypes.CDLL(_LIBRARY).getInferLibVersion
    except (OSError, AttributeError) as error:
        raise RuntimeUnavailable(f"TensorRT cannot be loaded: {error}.", INSTALL_HINT) from error
    ask.restype = ctypes.c_int32
    return str(ask())


def engine_options(folder: Path, precision: str, device_id: int) -> ProviderOptions:
    """What makes ONNX Runtime keep its engine in `folder`, and take it from there."""
    return "TensorrtExecutionProvider", {
        "device_id": str(device_id),
        "trt_fp16_enable": str(int(precision == "float16")),
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder),
    }
