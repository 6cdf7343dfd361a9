"""Edges of people on a finer grid than the network's, where they follow the picture."""

from __future__ import annotations

import numpy as np

from engine.kernels import on_cpu
from engine.kernels.edges_reference import FINER
from engine.preprocess import resize_corner_aligned
from engine.types import Float32Array, UInt8Array


def follow_picture(
    margins: Float32Array, labels: UInt8Array, image_bgr: UInt8Array
) -> tuple[Float32Array, UInt8Array]:
    """Margins and labels (h, w) on a grid `FINER` times as fine, edges moved to the picture's.

    image_bgr: (H, W, 3) uint8, the frame that they belong to, corner cells on corner pixels.
    See `engine.kernels.edges_reference.follow_edges`.
    """
    height, width = labels.shape
    fine_hw = FINER * (height - 1) + 1, FINER * (width - 1) + 1
    fine_bgr = resize_corner_aligned(image_bgr, fine_hw)
    cell_bgr = resize_corner_aligned(fine_bgr, (height, width))
    return on_cpu.kernels().follow_edges(np.ascontiguousarray(margins), labels, cell_bgr, fine_bgr)
