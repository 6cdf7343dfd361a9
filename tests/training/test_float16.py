"""Our float32 models as float16 keep the contract and answer alike, here on the processor.

Beside the training tests because these have the package onnx, as a GPU's installation has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx comes with the GPU and the train extra")

import onnx

from engine.config import Provider, RuntimeOptions
from engine.errors import RuntimeUnavailable
from engine.float16 import as_float16
from engine.models import ModelFile, find_model, list_models
from engine.network_check import Maps, check_network
from engine.onnx_file import check_signature, open_session, session_metadata
from engine.preprocess import preprocess
from engine.runtime import OUTPUTS, OnnxPredictor
from engine.types import Frame

FLOAT32 = [model.info.name for model in list_models() if model.precision == "float32"]
CPU = RuntimeOptions(provider=Provider.CPU, input_long_side=321)


def weights(content: bytes) -> set[int]:
    """Types of what the convolutions take as their kernels, behind casts."""
    graph = onnx.load_from_string(content).graph
    casts = {n.output[0]: n.attribute[0].i for n in graph.node if n.op_type == "Cast"}
    stored = {tensor.name: tensor.data_type for tensor in graph.initializer}
    kernels = [node.input[1] for node in graph.node if node.op_type == "Conv"]
    return {casts.get(name) or stored[name] for name in kernels}


@pytest.mark.parametrize("name", FLOAT32)
def test_what_a_float16_network_says_is_what_the_float32_one_says(name: str) -> None:
    model = find_model(name)
    content = as_float16(model)
    assert weights(content) == {onnx.TensorProto.FLOAT16}
    session: Any = open_session(model.path, content=content)
    check_signature(session, model.path)
    assert session_metadata(session) == session_metadata(open_session(model.path))

    def maps_of(frame: Frame) -> Maps:
        image, _ = preprocess(frame, 321)
        logits, deltas = session.run(OUTPUTS, {"image": image})
        assert logits.dtype == deltas.dtype == np.float32
        return logits[0, 0], deltas[0]

    # The very check that a GPU has to pass before it serves.
    check_network(maps_of, OnnxPredictor(model, CPU), (180, 320), "as float16", "")


def test_an_8_bit_model_cannot_be_float16(tmp_path: Path) -> None:
    model = find_model(FLOAT32[0])
    int8 = ModelFile(model.path, model.info, "int8")
    with pytest.raises(RuntimeUnavailable, match="is int8") as caught:
        as_float16(int8)
    assert caught.value.hint
