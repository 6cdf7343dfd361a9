"""Masks of people whose true boxes are known, from what a network sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import check_range
from engine.group import logit
from engine.kernels.reference import clean_logits
from engine.training.oracles import boxes_to_input
from engine.types import BoolArray, Float32Array, Prediction, UInt8Array


@dataclass(frozen=True, slots=True)
class BoxMaskOptions:
    """When a pixel is a person's, and when a mask is believed.

    min_iou: a pixel belongs to the true box that its own box overlaps most, if by more
    than this. sure, doubt: person probabilities from which a pixel is person, and below
    which it is background; in between it is not judged. min_fit: a mask counts if the box
    around it has at least this IoU with the true one.
    """

    min_iou: float = 0.4
    sure: float = 0.5
    doubt: float = 0.3
    min_fit: float = 0.8

    def __post_init__(self) -> None:
        check_range("min_iou", self.min_iou, 0.0, 1.0)
        check_range("min_fit", self.min_fit, 0.0, 1.0)
        check_range("sure", self.sure, 0.01, 0.99)
        check_range("doubt", self.doubt, 0.01, self.sure)


@dataclass(frozen=True, slots=True, eq=False)
class BoxMasks:
    """The people of P true boxes, at frame resolution.

    masks: P of (H, W), disjoint, each within its box. fits: (P,) float32, IoU of the box
    around each mask with the true one, 0 where it is empty. unsure: (H, W), neither in a
    mask nor surely background.
    """

    masks: list[BoolArray]
    fits: Float32Array
    unsure: BoolArray


def masks_in_boxes(
    prediction: Prediction, boxes_xyxy: Float32Array, options: BoxMaskOptions
) -> BoxMasks:
    """The masks of the people in `boxes_xyxy` (P ≤ 255, 4), frame pixels, end-exclusive."""
    height, width = prediction.geometry.frame_hw
    sure = _owners(prediction, boxes_xyxy, options.min_iou, options.sure)
    possible = _owners(prediction, boxes_xyxy, -1.0, options.doubt) > 0
    masks, fits = [], np.zeros(len(boxes_xyxy), np.float32)
    taken = np.zeros((height, width), np.bool_)
    for i, box in enumerate(boxes_xyxy):
        rows, columns = box_window(box, (height, width))
        mask = np.zeros((height, width), np.bool_)
        mask[rows, columns] = sure[rows, columns] == i + 1
        masks.append(mask)
        fits[i] = _fit(mask, box)
        taken |= mask
    return BoxMasks(masks, fits, possible & ~taken)


def box_window(box_xyxy: Float32Array, frame_hw: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches."""
    x0, y0 = np.floor(box_xyxy[:2]).astype(int)
    x1, y1 = np.ceil(box_xyxy[2:]).astype(int)
    return (
        slice(max(0, y0), min(frame_hw[0], y1)),
        slice(max(0, x0), min(frame_hw[1], x1)),
    )


def _owners(
    prediction: Prediction, boxes_xyxy: Float32Array, min_iou: float, probability: float
) -> UInt8Array:
    """(H, W) number of the box that each pixel of that probability fits best, from 1 on."""
    from engine.kernels import cpu
    from engine.kernels.upsample_cpu import upsample_labels

    logits = clean_logits(np.ascontiguousarray(prediction.person_logits))
    margins = logits - np.float32(logit(probability))
    cells = np.flatnonzero(margins.ravel() >= 0)
    deltas = np.ascontiguousarray(prediction.box_deltas)
    own_boxes = cpu.decode_boxes(deltas, cells, prediction.anchor_wh)
    true_boxes = np.ascontiguousarray(boxes_to_input(boxes_xyxy, prediction.geometry).T)
    labels = np.zeros(logits.shape, np.uint8)
    labels.ravel()[cells] = cpu.assign(own_boxes, true_boxes, min_iou)
    return upsample_labels(margins, labels, prediction.geometry.frame_hw)[0]


def _fit(mask: BoolArray, box_xyxy: Float32Array) -> float:
    """IoU of the box around a mask with another box; 0 for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0.0
    around = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
    sizes = np.minimum(around[2:], box_xyxy[2:]) - np.maximum(around[:2], box_xyxy[:2])
    shared = float(np.prod(np.maximum(sizes, 0)))
    areas = np.prod(around[2:] - around[:2]) + np.prod(box_xyxy[2:] - box_xyxy[:2])
    return shared / float(areas - shared)
