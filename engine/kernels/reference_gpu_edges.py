"""What the CUDA kernels of fine edges must agree with, in NumPy.

The CPU path, step by step (`engine.group`): but for rounding, and for colours that may be
one level off (`reference_gpu_pictures.resize`), the two are the same.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.edges_reference import FINER, follow_edges
from engine.kernels.reference import clean_logits, upsample_labels
from engine.kernels.reference_gpu import PixelGroups, assign_pixels
from engine.kernels.reference_gpu_pictures import resize
from engine.types import BoolArray, Float32Array, UInt8Array


def assign_finely(
    person_logits: Float32Array,
    box_deltas: Float32Array,
    anchor_wh: tuple[float, float],
    people_boxes: Float32Array,
    mask_logit: float,
    min_iou: float,
    min_cells: int,
    agreement: bool,
    min_score: float,
    frame_bgr: UInt8Array,
) -> PixelGroups:
    """Cells to people, edges onto those of the picture, labels to the frame (H, W, 3).

    Of the cells it is `assign_pixels`, as if they were the frame's pixels. People without a
    pixel of the frame are left out.
    """
    grid_hw = person_logits.shape[0], person_logits.shape[1]
    cells = assign_pixels(
        person_logits,
        box_deltas,
        anchor_wh,
        people_boxes,
        mask_logit,
        min_iou,
        min_cells,
        agreement,
        min_score,
        grid_hw,
    )
    margins = clean_logits(person_logits) - np.float32(mask_logit)
    fine_bgr = resize(frame_bgr, (FINER * (grid_hw[0] - 1) + 1, FINER * (grid_hw[1] - 1) + 1))
    fine = follow_edges(margins, cells.labels, resize(fine_bgr, grid_hw), fine_bgr)
    labels, present = upsample_labels(*fine, (frame_bgr.shape[0], frame_bgr.shape[1]))
    return _of_those_present(cells, labels, present[1 : len(cells.scores) + 1])


def _of_those_present(cells: PixelGroups, labels: UInt8Array, alive: BoolArray) -> PixelGroups:
    new_labels = np.zeros(256, np.uint8)
    new_labels[1 : len(alive) + 1][alive] = np.arange(1, alive.sum() + 1)
    return PixelGroups(new_labels[labels], cells.boxes_xyxy[alive], cells.scores[alive])
