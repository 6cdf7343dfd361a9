"""The ends of an 8-bit network: bytes in, boxes with more than 256 steps out."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx comes with the GPU and the train extra")

import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from engine.errors import ModelContract
from engine.training.int8_graph import fold_normalisation, join_heads, read_bytes

MEAN, DEVIATION = (123.0, 116.0, 104.0), (58.0, 57.0, 56.0)
make = helper.make_node


def constant(name: str, values: object, dtype: type = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def model_of(
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[str],
) -> onnx.ModelProto:
    results = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in outputs
    ]
    graph = helper.make_graph(nodes, "test", inputs, results, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def normalising() -> onnx.ModelProto:
    """image → normalised with a mean and a deviation per channel → one convolution."""
    rng = np.random.default_rng(0)
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ("n", "h", "w", 3))
    return model_of(
        [
            make("Transpose", ["image"], ["planes"], perm=(0, 3, 1, 2)),
            make("Cast", ["planes"], ["floats"], to=TensorProto.FLOAT),
            make("Sub", ["floats", "mean"], ["centred"]),
            make("Div", ["centred", "std"], ["normalised"]),
            make("Conv", ["normalised", "weight", "bias"], ["out"], pads=(1, 1, 1, 1)),
        ],
        [
            constant("mean", np.reshape(MEAN, (1, 3, 1, 1))),
            constant("std", np.reshape(DEVIATION, (1, 3, 1, 1))),
            constant("weight", rng.normal(size=(4, 3, 3, 3))),
            constant("bias", rng.normal(size=4)),
        ],
        [image],
        ["out"],
    )


def quantised(model: onnx.ModelProto, tensor: str, scale: float, zero_point: int) -> None:
    """Put a pair of nodes behind the tensor, as ONNX Runtime's quantiser does."""
    model.graph.initializer.extend(
        [constant("scale", scale), constant("zero", zero_point, np.uint8)]
    )
    for node in model.graph.node:
        node.input[:] = ["rough" if name == tensor else name for name in node.input]
    places = [i for i, node in enumerate(model.graph.node) if tensor in node.output]
    place = places[0] + 1 if places else 0
    model.graph.node.insert(place, make("QuantizeLinear", [tensor, "scale", "zero"], ["bytes"]))
    model.graph.node.insert(
        place + 1, make("DequantizeLinear", ["bytes", "scale", "zero"], ["rough"])
    )


def test_the_first_convolution_reads_the_bytes_of_the_picture_and_finds_the_same() -> None:
    image = np.random.default_rng(1).integers(0, 256, (1, 9, 11, 3), np.uint8)
    wanted = run(normalising(), {"image": image})[0]
    model = normalising()
    pixels = fold_normalisation(model)
    quantised(model, pixels.name, 1.0, pixels.zero_point)
    read_bytes(model, pixels)
    assert [node.op_type for node in model.graph.node] == ["Transpose", "DequantizeLinear", "Conv"]
    found = run(model, {"image": image})[0]
    inside = np.s_[:, :, 1:-1, 1:-1]
    np.testing.assert_allclose(found[inside], wanted[inside], rtol=1e-4, atol=1e-4)
    # Padding stands for the mean of all channels instead of each one's own.
    np.testing.assert_allclose(found, wanted, atol=2.0)


def test_pixels_in_other_steps_are_refused() -> None:
    model = normalising()
    pixels = fold_normalisation(model)
    quantised(model, pixels.name, 0.98, pixels.zero_point)
    with pytest.raises(ModelContract, match=r"steps of 0\.98"):
        read_bytes(model, pixels)


def test_another_way_from_the_picture_to_the_first_convolution_is_refused() -> None:
    model = normalising()
    del model.graph.node[3]
    with pytest.raises(ModelContract, match="Div"):
        fold_normalisation(model)


def test_joined_heads_are_as_exact_as_float_ones() -> None:
    rng = np.random.default_rng(2)
    # One weight much larger than the rest: a single digit of 7 bits would lose those.
    boxes = rng.normal(size=(4, 24, 1, 1))
    boxes[:, 0] = 40
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, (1, 24, 5, 7))
    model = model_of(
        [
            make("Conv", ["features", "person_head.weight", "person_head.bias"], ["person"]),
            make("Conv", ["features", "box_head.weight", "box_head.bias"], ["boxes"]),
        ],
        [
            constant("person_head.weight", rng.normal(size=(1, 24, 1, 1))),
            constant("person_head.bias", [0.5]),
            constant("box_head.weight", boxes),
            constant("box_head.bias", rng.normal(size=4)),
        ],
        [features],
        ["person", "boxes"],
    )
    quantised(model, "features", 0.05, 3)
    feeds = {"features": rng.uniform(0, 12, (1, 24, 5, 7)).astype(np.float32)}
    wanted = run(model, feeds)
    join_heads(model)
    assert [node.op_type for node in model.graph.node].count("MatMul") == 1
    for exact, found in zip(wanted, run(model, feeds), strict=True):
        assert found.shape == exact.shape
        np.testing.assert_allclose(found, exact, atol=0.01 * float(exact.std()))
