"""What ONNX Runtime's quantiser leaves slow around an 8-bit network, mended in its graph.

With one thread, input and heads were three tenths of the network's time: a picture of
bytes became float, was normalised with a broadcast over its innermost axis and became
bytes again, and each head turned the last feature map into float for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from engine.errors import ModelContract
from engine.training.onnx_graph import Graph
from engine.types import Float32Array

Int8Array = npt.NDArray[np.int8]

HEADS = ("person_head", "box_head")
DIGIT_MAX = 63
"""Weights of the heads are two digits of 7 bits: products of 8 bits saturate without VNNI."""


@dataclass(frozen=True, slots=True)
class PixelInput:
    """The tensor of pixels minus `zero_point`, as the first convolution reads it."""

    name: str
    zero_point: int

    @property
    def quantisation(self) -> dict[str, npt.NDArray[Any]]:
        """How the tensor is quantised, so that its bytes are the picture's."""
        return {"scale": np.array(1, np.float32), "zero_point": np.array(self.zero_point, np.uint8)}


def fold_normalisation(model: onnx.ModelProto) -> PixelInput:
    """Have the first convolution read pixels minus a whole number, in place.

    Its weights take over mean and deviation of each channel, so inside the picture nothing
    changes. Around it lies what that number stands for instead of the mean, which the
    network pads with; that is half a grey level where all channels have the mean 127.5.
    model: float32, with the path image → Transpose → Cast → Sub → Div → Conv. Raises
    `ModelContract` for another one.
    """
    graph = Graph(model)
    cast = graph.after(graph.after("image", "Transpose").output[0], "Cast")
    subtract = graph.after(cast.output[0], "Sub")
    divide = graph.after(subtract.output[0], "Div")
    conv = graph.after(divide.output[0], "Conv")
    mean, deviation = graph.values(subtract.input[1]).ravel(), graph.values(divide.input[1]).ravel()
    zero_point = round(float(mean.mean()))
    weight = graph.values(conv.input[1]) / deviation[None, :, None, None]
    offset = np.einsum("ochw,c->o", weight.astype(np.float64), zero_point - mean)
    graph.set(conv.input[1], weight.astype(np.float32))
    graph.set(conv.input[2], (graph.values(conv.input[2]) + offset).astype(np.float32))
    level = graph.add("pixel_zero", np.array(zero_point, np.float32))
    del subtract.input[1]
    subtract.input.append(level)
    conv.input[0] = subtract.output[0]
    graph.remove(divide)
    graph.sort()
    return PixelInput(subtract.output[0], zero_point)


def read_bytes(model: onnx.ModelProto, pixels: PixelInput) -> None:
    """Have the quantised first convolution read the picture's bytes as they are, in place.

    Raises `ModelContract` where they were quantised in another way.
    """
    graph = Graph(model)
    quantize = graph.after(pixels.name, "QuantizeLinear")
    scale, zero_point = (graph.values(name) for name in quantize.input[1:3])
    if float(scale) != 1.0 or int(zero_point) != pixels.zero_point:
        raise ModelContract(
            f"Pixels were quantised in steps of {float(scale):g} from {int(zero_point)}.",
            "Quantise with another version of onnxruntime.",
        )
    transpose = graph.after("image", "Transpose")
    cast = graph.after(transpose.output[0], "Cast")
    graph.redirect(quantize.output[0], transpose.output[0])
    graph.remove(cast, graph.after(cast.output[0], "Sub"), quantize)
    graph.sort()


def join_heads(model: onnx.ModelProto) -> None:
    """Both heads in one product of whole numbers, in place.

    A weight becomes the sum of two digits with a step each, so that it keeps 14 bits, and
    sums stay exact: boxes need more than 256 steps.
    """
    graph = Graph(model)
    heads = [graph.after(f"{name}.weight", "Conv") for name in HEADS]
    readers = [graph.maker(conv.input[0]) for conv in heads]
    features, scale, zero_point = readers[0].input
    weight = np.concatenate([graph.values(conv.input[1])[:, :, 0, 0] for conv in heads]).T
    bias = np.concatenate([graph.values(conv.input[2]) for conv in heads])
    high, high_step = _digit(weight)
    low, low_step = _digit(weight - high * high_step)
    names = [
        graph.add("heads.weight_quantized", np.concatenate([high, low], axis=1)),
        graph.add("heads.weight_scale", np.concatenate([high_step, low_step])),
        graph.add("heads.weight_zero_point", np.zeros(2 * bias.size, np.int8)),
    ]
    counts = [graph.values(conv.input[2]).size for conv in heads]
    halves = graph.add("heads.digits", np.array([bias.size, bias.size], np.int64))
    split = graph.add("heads.channels", np.array(counts, np.int64))
    offset = graph.add("heads.bias", bias)
    graph.remove(*heads, *{reader.name: reader for reader in readers}.values())
    make = helper.make_node
    outputs = [conv.output[0] for conv in heads]
    graph.extend(
        make("Transpose", [features], ["heads.rows"], perm=(0, 2, 3, 1)),
        make("DequantizeLinear", ["heads.rows", scale, zero_point], ["heads.in"]),
        make("DequantizeLinear", names, ["heads.weight"], axis=1),
        make("MatMul", ["heads.in", "heads.weight"], ["heads.products"]),
        make("Split", ["heads.products", halves], ["heads.high", "heads.low"], axis=3),
        make("Add", ["heads.high", "heads.low"], ["heads.sums"]),
        make("Add", ["heads.sums", offset], ["heads.out"]),
        make("Transpose", ["heads.out"], ["heads.maps"], perm=(0, 3, 1, 2)),
        make("Split", ["heads.maps", split], outputs, axis=1),
    )
    graph.sort()


def _digit(weight: Float32Array) -> tuple[Int8Array, Float32Array]:
    """The nearest multiples of a step per column: (C, K) int8 and (K,) steps."""
    step = np.maximum(np.abs(weight).max(axis=0), 1e-12) / DIGIT_MAX
    return np.rint(weight / step).astype(np.int8), step.astype(np.float32)
