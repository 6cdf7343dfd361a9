"""A tiny model and frames with people that it sees, for tests of the GPU's half."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine import gpu
from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.gpu_predictor import GpuPredictor
from engine.models import ModelFile, find_model
from engine.types import Frame, Instances
from tests.tiny_onnx import METADATA, write_tiny_onnx

FRAME_HW = (96, 128)
OPTIONS = RuntimeOptions(provider=Provider.CPU, input_long_side=129)

EVERYBODY = GroupOptions(min_score=0.0, fine_edges=False)
"""The boxes of the tiny model's pixels agree so little that it is never sure of anybody."""


def red_model(folder: Path) -> ModelFile:
    """Sees red as people whose boxes are twice as large as they are."""
    wide = METADATA | {"anchor_width": "48", "anchor_height": "72"}
    return find_model(write_tiny_onnx(folder / "tiny.onnx", metadata=wide))


def red_frame(index: int = 0, size_hw: tuple[int, int] = FRAME_HW) -> Frame:
    """Two red people on a noisy ground."""
    rng = np.random.default_rng(index)
    image = rng.integers(0, 90, (*size_hw, 3)).astype(np.uint8)
    height, width = size_hw
    for left in (width // 8, width * 5 // 8):
        image[height // 4 : height * 3 // 4, left : left + width // 5, 2] = 255
    return Frame(image, index, index / 10, 0.0)


def people_in(predictor: GpuPredictor, frame: Frame) -> Instances:
    return gpu.group(predictor.predict(frame), EVERYBODY)
