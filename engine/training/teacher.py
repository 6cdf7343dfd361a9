"""A trained network that shows another one what it sees in the same crops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import Tensor

from engine.errors import ConfigError, ModelNotFound
from engine.network import BbeNetwork, NetworkOptions
from engine.training.folding import fold_batch_norm
from engine.training.recipe import Precision, TrainOptions
from engine.training.start import load_onnx_weights, onnx_convolutions
from engine.training.targets import decode_boxes


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a teacher sees, on the (N, h, w) grid.

    person: float32 probability. boxes_xyxy: (N, h, w, 4) float32, index coordinates.
    """

    person: Tensor
    boxes_xyxy: Tensor


class Teacher:
    """An exported network, in eval mode, without gradients.

    Raises `ModelNotFound`, `ConfigError` where the file holds no network of this kind.
    """

    def __init__(self, path: Path, options: TrainOptions) -> None:
        self._network = network_of_file(path).to(torch.device(options.device))
        self._network.to(memory_format=torch.channels_last)
        self._bf16 = options.precision is Precision.BF16

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Lesson:
        """uint8 (N, H, W, 3), on the teacher's device → what it sees."""
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self._bf16):
            logits, deltas = self._network(images)
        return Lesson(torch.sigmoid(logits[:, 0]), decode_boxes(deltas))


def network_of_file(path: Path) -> BbeNetwork:
    """The folded network of an exported file, in eval mode, whatever its layout.

    Raises as `Teacher`.
    """
    if not path.is_file():
        raise ModelNotFound(f"{path} does not exist.", "Give an exported .onnx file.")
    network = BbeNetwork(layout_of(onnx.load(path))).eval()
    fold_batch_norm(network)
    load_onnx_weights(network, path)
    return network


def layout_of(model: onnx.ModelProto) -> NetworkOptions:
    """What an exported network is built of.

    Backbone and output stride stand in the metadata; widths and ASPP are read off the
    convolutions behind the backbone. Raises `ConfigError`.
    """
    metadata = {p.key: p.value for p in model.metadata_props}
    shapes = [tuple(weight.shape) for weight, _ in onnx_convolutions(model)]
    if not {"backbone", "output_stride"} <= set(metadata) or len(shapes) < 9:
        raise ConfigError("The file is not a network of this program.", "Export it by publish.")
    width = shapes[-2][1]  # the person head's input; the box head is last
    # Before both heads: the decoder's four convolutions, then skip, then ASPP or its stand-in.
    skip_width = shapes[-7][0]
    aspp = shapes[-8][:2] == (width, 5 * width) and shapes[-9][0] == width
    return NetworkOptions(
        metadata["backbone"], int(metadata["output_stride"]), aspp, width, skip_width
    )
