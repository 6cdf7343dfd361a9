"""What the CUDA kernels before and after grouping must agree with, in NumPy: resizing, outlines.

On the CPU path both are OpenCV's (`engine.preprocess`, `engine.render`). What is drawn with the
outlines is `engine.kernels.composite_reference`, as there.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.composite_reference import Contours
from engine.types import BoolArray, Float32Array, Int64Array, UInt8Array


def preprocess(frame_bgr: UInt8Array, input_hw: tuple[int, int]) -> UInt8Array:
    """Network input (1, h, w, 3) uint8 RGB of a frame (H, W, 3) uint8 BGR."""
    return resize(frame_bgr, input_hw)[None, :, :, ::-1]


def resize(image_bgr: UInt8Array, target_hw: tuple[int, int]) -> UInt8Array:
    """Picture (h, w, 3) uint8 BGR of a picture (H, W, 3) uint8 BGR.

    As `engine.preprocess.resize_corner_aligned`, at most 1 level apart: the OpenCV calls
    there round some ties, of the block average or of the last step, the other way.
    """
    rows, row_weight, block_h = _sampling(image_bgr.shape[0], target_hw[0])
    columns, column_weight, block_w = _sampling(image_bgr.shape[1], target_hw[1])
    averages = _block_averages(image_bgr, block_h, block_w).astype(np.float32)
    height, width = averages.shape[:2]
    up = averages[np.clip(rows, 0, height - 1)]
    down = averages[np.clip(rows + 1, 0, height - 1)]
    between = up + row_weight[:, None, None] * (down - up)
    left = between[:, np.clip(columns, 0, width - 1)]
    right = between[:, np.clip(columns + 1, 0, width - 1)]
    sampled = left + column_weight[None, :, None] * (right - left)
    resized: UInt8Array = np.floor(sampled + np.float32(0.5)).astype(np.uint8)
    return resized


def sampling_step(pixels: int, cells: int) -> tuple[int, float, float]:
    """Block size of one axis, step and offset of its samples in units of blocks."""
    scale = (pixels - 1) / (cells - 1)
    block = max(round(scale), 1)
    return block, scale / block, -(block - 1) / (2 * block)


def outline(labels: UInt8Array, has_line: BoolArray, radius: int) -> Contours:
    """Contours of the labels (H, W) that have a line, in windows of 2·radius + 1.

    An edge pixel has another such label among its four neighbours inside the frame; the
    density counts them in the window, the frame's outermost pixels repeated beyond it,
    and stops at 255. Near is the highest such label in the window.
    """
    kept = np.where(has_line[labels], labels, np.uint8(0))
    padded = np.pad(kept, 1, mode="edge")
    edges = np.zeros(kept.shape, bool)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        edges |= padded[dy : dy + kept.shape[0], dx : dx + kept.shape[1]] != kept
    density = np.zeros(kept.shape, np.int64)
    near = np.zeros_like(kept)
    wide_edges, wide_labels = np.pad(edges, radius, mode="edge"), np.pad(kept, radius, mode="edge")
    for dy in range(2 * radius + 1):
        for dx in range(2 * radius + 1):
            window = np.s_[dy : dy + kept.shape[0], dx : dx + kept.shape[1]]
            density += wide_edges[window]
            near = np.maximum(near, wide_labels[window])
    return Contours(np.minimum(density, 255).astype(np.uint8), near)


def _sampling(pixels: int, cells: int) -> tuple[Int64Array, Float32Array, int]:
    block, step, offset = sampling_step(pixels, cells)
    at = np.arange(cells, dtype=np.float32) * np.float32(step) + np.float32(offset)
    before = np.floor(at)
    return before.astype(np.int64), (at - before).astype(np.float32), block


def _block_averages(image: UInt8Array, block_h: int, block_w: int) -> UInt8Array:
    rows, columns = image.shape[0] // block_h, image.shape[1] // block_w
    whole = image[: rows * block_h, : columns * block_w]
    sums = whole.reshape(rows, block_h, columns, block_w, 3).sum(axis=(1, 3), dtype=np.int64)
    area = block_h * block_w
    averages: UInt8Array = ((2 * sums + area) // (2 * area)).astype(np.uint8)
    return averages
