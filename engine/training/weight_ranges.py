"""How far the 8 bits of each convolution's weights reach, so that no processor overflows.

Without VNNI (AVX2 before Ice Lake and Zen 4) ONNX Runtime adds the products of two
neighbouring weights in 16 bits: 255 · (|w₁| + |w₂|) must stay below 2¹⁵. Giving all weights
7 bits guards against that and cost 0.02 AP. Here only neighbours are looked at, and
depthwise convolutions, whose sums have 32 bits, keep all 8.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import QuantType

from engine.training.onnx_graph import Graph
from engine.types import Float32Array

PAIR_LIMIT = 128
"""255 · 128 is the largest multiple of 255 and a power of two below 2¹⁵."""

Overrides = dict[str, list[dict[str, Any]]]


def weight_ranges(model: onnx.ModelProto, left_out: Collection[str]) -> Overrides:
    """Overrides for ONNX Runtime's quantiser: per convolution a range for each channel.

    left_out: names of the convolutions that are not quantised.
    """
    graph = Graph(model)
    found = {}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.name not in left_out:
            reaches = largest_weights(graph.values(node.input[1]))
            found[node.input[1]] = [_symmetric(float(reach)) for reach in reaches]
            found[node.input[1]][0]["axis"] = 0
    return found


def largest_weights(weight: Float32Array) -> Float32Array:
    """(O,) what 127 stands for in each channel of (O, I, kh, kw)."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    if weight.shape[1] > 1:
        # The order of a window's weights depends on the memory layout.
        orders = weight, weight.transpose(0, 2, 3, 1)
        pairs = np.max([_largest_pair(order) for order in orders], axis=0)
        largest = np.maximum(largest, pairs * 127 / PAIR_LIMIT)
    return np.maximum(largest, 1e-9).astype(np.float32)


def _largest_pair(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows = np.abs(weight).reshape(len(weight), -1)
    even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    return np.asarray(even.reshape(len(weight), -1, 2).sum(axis=2).max(axis=1))


def _symmetric(reach: float) -> dict[str, Any]:
    return {
        "quant_type": QuantType.QInt8,
        "symmetric": True,
        "reduce_range": False,
        "rmin": np.float32(-reach),
        "rmax": np.float32(reach),
    }
