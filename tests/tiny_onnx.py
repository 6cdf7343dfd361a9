"""Writes tiny ONNX files that keep the model contract, or break it in one chosen place.

The network's person logit is linear in the red of every fourth pixel: full red is a sure
person, none is sure background. Box deltas are constant. The bytes are written by hand
after onnx.proto, because the package `onnx` belongs to training only.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

METADATA = {
    "name": "tiny",
    "backbone": "none",
    "output_stride": "4",
    "anchor_width": "16",
    "anchor_height": "24",
    "input_long_side": "65",
    "classes": "person",
    "licence": "CC0",
}
FLOAT, UINT8 = 1, 2


def write_tiny_onnx(
    path: Path,
    *,
    metadata: Mapping[str, str] = METADATA,
    input_name: str = "image",
    outputs: Sequence[str] = ("person_logits", "box_deltas"),
    logit_per_red: float = 16 / 255,
    logit_at_black: float = -8.0,
    box_deltas: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    image_shape: Sequence[int | str] = ("n", "h", "w", 3),
    stride: int = 4,
) -> Path:
    """Write the file and return its path."""
    logits, deltas = outputs
    nodes = [
        _node("Cast", [input_name], ["pixels"], _int_attribute("to", FLOAT)),
        _node("Transpose", ["pixels"], ["planes"], _ints_attribute("perm", [0, 3, 1, 2])),
        _node(
            "AveragePool",
            ["planes"],
            ["cells"],
            _ints_attribute("kernel_shape", [1, 1]) + _ints_attribute("strides", [stride, stride]),
        ),
        _node("Conv", ["cells", "logit_weight", "logit_bias"], [logits]),
        _node("Conv", ["cells", "delta_weight", "delta_bias"], [deltas]),
    ]
    initialisers = [
        _tensor("logit_weight", (1, 3, 1, 1), [logit_per_red, 0, 0]),
        _tensor("logit_bias", (1,), [logit_at_black]),
        _tensor("delta_weight", (len(box_deltas), 3, 1, 1), [0] * 3 * len(box_deltas)),
        _tensor("delta_bias", (len(box_deltas),), box_deltas),
    ]
    graph = (
        b"".join(_field(1, node) for node in nodes)
        + _field(2, b"tiny")
        + b"".join(_field(5, tensor) for tensor in initialisers)
        + _field(11, _value(input_name, UINT8, image_shape))
        + _field(12, _value(logits, FLOAT, ["n", 1, "oh", "ow"]))
        + _field(12, _value(deltas, FLOAT, ["n", len(box_deltas), "oh", "ow"]))
    )
    properties = [
        _field(14, _field(1, key.encode()) + _field(2, value.encode()))
        for key, value in metadata.items()
    ]
    opset = _field(1, b"") + _number(2, 17)
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, opset) + b"".join(properties))
    return path


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: bytes = b""
) -> bytes:
    names = [_field(1, name.encode()) for name in inputs]
    names += [_field(2, name.encode()) for name in outputs]
    return b"".join(names) + _field(4, kind.encode()) + attributes


def _int_attribute(name: str, value: int) -> bytes:
    return _field(5, _field(1, name.encode()) + _number(3, value) + _number(20, 2))


def _ints_attribute(name: str, values: Sequence[int]) -> bytes:
    numbers = b"".join(_number(8, value) for value in values)
    return _field(5, _field(1, name.encode()) + numbers + _number(20, 7))


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    dims = b"".join(_number(1, side) for side in shape)
    raw = struct.pack(f"<{len(values)}f", *values)
    return dims + _number(2, FLOAT) + _field(8, name.encode()) + _field(9, raw)


def _value(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    dims = [
        _field(1, _number(1, side) if isinstance(side, int) else _field(2, side.encode()))
        for side in shape
    ]
    tensor = _number(1, kind) + _field(2, b"".join(dims))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))
