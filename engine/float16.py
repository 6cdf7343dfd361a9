"""A float32 model as float16: half the bytes to move, and units of their own on a GPU.

The conversion is that of ONNX Runtime's tools (`onnxruntime.transformers.float16`). It needs
the package onnx, which the GPU extras bring.
"""

from __future__ import annotations

import importlib

from engine.errors import RuntimeUnavailable
from engine.models import ModelFile


def as_float16(model: ModelFile) -> bytes:
    """The model's file with float16 inside; inputs, outputs and metadata stay what they are.

    Raises `RuntimeUnavailable` for a model that is not float32, and where onnx is missing.
    """
    if model.precision != "float32":
        raise RuntimeUnavailable(
            f"{model.info.name} is {model.precision}, and only a float32 model can be float16.",
            "Choose another model, such as bbe-mnv2.",
        )
    try:
        onnx = importlib.import_module("onnx")
        tool = importlib.import_module("onnxruntime.transformers.float16")
    except ImportError as error:
        raise RuntimeUnavailable(
            f"The package onnx cannot be loaded: {error}.",
            "Install the GPU packages as the README shows; onnx is among them.",
        ) from error
    converted = tool.convert_float_to_float16(onnx.load(model.path), keep_io_types=True)
    content: bytes = converted.SerializeToString()
    return content
