"""An exported model with 8-bit weights and activations, for CPUs.

Static quantisation by ONNX Runtime: ranges of the activations are measured on training
photos (never on val), weights are quantised per channel, and what the heads put out is
float32 because box offsets need more than 256 steps. Every operator between the
convolutions takes part, so that pictures stay 8-bit from the first convolution to the
last; with the convolutions alone, converting back and forth costs what they save. The two
ends are `engine.training.int8_graph`'s.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from engine.errors import ConfigError, ModelNotFound
from engine.preprocess import preprocess
from engine.training.dataset import Photo, is_tune_image, read_photos, read_picture
from engine.training.int8_graph import (
    HEADS,
    PixelInput,
    fold_normalisation,
    join_heads,
    read_bytes,
)
from engine.training.weight_ranges import weight_ranges
from engine.types import Frame, UInt8Array

OPERATORS = ("Conv", "Add", "Clip", "Relu", "Concat", "Resize", "ReduceMean")


@dataclass(frozen=True, slots=True)
class QuantizeOptions:
    """photos: how many training photos with people the ranges are measured on, spread over
    the set. long_side: of the network input while measuring, None for the model's own.
    """

    photos: int = 64
    long_side: int | None = None

    def __post_init__(self) -> None:
        if self.photos < 1:
            raise ConfigError("Ranges cannot be measured on no photo.", "Give at least one.")


def quantize_model(
    source: Path, target: Path, data: Path, options: QuantizeOptions = QuantizeOptions()
) -> Path:
    """Write the 8-bit form of `source` to `target`; same inputs, outputs and metadata.

    Only the name is another, that of `target`.

    data: folder in COCO layout whose training photos are used. Raises `ModelNotFound`.
    """
    if not source.is_file():
        raise ModelNotFound(f"{source} does not exist.", "Give an exported .onnx file.")
    metadata = {p.key: p.value for p in onnx.load(source).metadata_props}
    metadata["name"] = target.stem
    target.parent.mkdir(parents=True, exist_ok=True)
    long_side = options.long_side or int(metadata["input_long_side"])
    photos = calibration_photos(read_photos(data), options.photos)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        prepared, written = Path(folder, "prepared.onnx"), Path(folder, "written.onnx")
        # Shapes are dynamic on purpose; ONNX's own inference copes with that.
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        pixels = _fold_normalisation(prepared)
        heads = _head_nodes(prepared)
        overrides = weight_ranges(onnx.load(prepared), heads)
        overrides[pixels.name] = [pixels.quantisation]
        quantize_static(
            str(prepared),
            str(written),
            _Pictures(photos, long_side),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(OPERATORS),
            nodes_to_exclude=heads,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"TensorQuantOverrides": overrides},
        )
        model = onnx.load(written)
        read_bytes(model, pixels)
        join_heads(model)
        onnx.checker.check_model(model, full_check=True)
        helper.set_model_props(model, metadata)
        onnx.save(model, written)
        written.replace(target)
    return target


def calibration_photos(photos: Sequence[Photo], count: int) -> list[Photo]:
    """At most `count` photos with people, evenly spread, none of the tune split."""
    usable = [p for p in photos if p.people and not is_tune_image(p.image_id)]
    if not usable:
        raise ConfigError("There is no training photo with people.", "Check the data folder.")
    places = np.linspace(0, len(usable) - 1, min(count, len(usable))).astype(int)
    return [usable[place] for place in places]


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # the package has no types
    """Photos as the application would feed them."""

    def __init__(self, photos: Sequence[Photo], long_side: int) -> None:
        self._pictures = self._read(photos, long_side)

    def get_next(self) -> dict[str, UInt8Array] | None:
        """The next input, None after the last."""
        return next(self._pictures, None)

    @staticmethod
    def _read(photos: Sequence[Photo], long_side: int) -> Iterator[dict[str, Any]]:
        for photo in photos:
            image_bgr = np.ascontiguousarray(read_picture(photo.path)[..., ::-1])
            image, _ = preprocess(Frame(image_bgr, 0, 0.0, 0.0), long_side)
            yield {"image": image}


def _fold_normalisation(path: Path) -> PixelInput:
    model = onnx.load(path)
    pixels = fold_normalisation(model)
    onnx.save(model, path)
    return pixels


def _head_nodes(path: Path) -> list[str]:
    graph = onnx.load(path).graph
    return [
        node.name
        for node in graph.node
        if node.op_type == "Conv" and node.input[1].startswith(HEADS)
    ]
