"""How much people and tracks have in common: boxes, and masks on a grid of cells."""

from __future__ import annotations

import numpy as np

from engine.types import BoolArray, Float32Array, Int64Array, UInt8Array

MASK_LONG_SIDE = 160
"""Masks are compared at about this many cells along the longer side of the frame."""


def stride_of(labels: UInt8Array) -> int:
    """Pixels per cell."""
    return max(1, round(int(max(labels.shape)) / MASK_LONG_SIDE))


def reduced(labels: UInt8Array) -> UInt8Array:
    """The label image at one pixel per cell."""
    stride = stride_of(labels)
    return np.ascontiguousarray(labels[stride // 2 :: stride, stride // 2 :: stride])


def box_iou(a_xyxy: Float32Array, b_xyxy: Float32Array) -> Float32Array:
    """(A, 4), (B, 4) → (A, B) intersection over union; 0 where a box is empty."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)  # (A, B)
    area_a = np.prod(np.maximum(a_xyxy[:, 2:] - a_xyxy[:, :2], 0), axis=1)
    area_b = np.prod(np.maximum(b_xyxy[:, 2:] - b_xyxy[:, :2], 0), axis=1)
    union = area_a[:, None] + area_b[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def shared_cells(
    cells: UInt8Array,
    people: int,
    masks: list[tuple[BoolArray, int, int]],
) -> Int64Array:
    """(people, masks) cells in common; each mask comes with the row and column on which
    its upper left corner lies, which may be outside."""
    shared = np.zeros((people, len(masks)), np.int64)
    for j, (mask, top, left) in enumerate(masks):
        bottom, right = top + mask.shape[0], left + mask.shape[1]
        if bottom <= 0 or right <= 0:
            continue
        window = cells[max(top, 0) : bottom, max(left, 0) : right]
        inside = mask[max(-top, 0) :, max(-left, 0) :][: window.shape[0], : window.shape[1]]
        shared[:, j] = np.bincount(window[inside], minlength=people + 1)[1:]
    return shared


def mask_iou(a: tuple[BoolArray, tuple[int, int]], b: tuple[BoolArray, tuple[int, int]]) -> float:
    """Intersection over union of two crops, each with the cell of its upper left corner."""
    (a_mask, (a_top, a_left)), (b_mask, (b_top, b_left)) = a, b
    top, left = max(a_top, b_top), max(a_left, b_left)
    bottom = max(top, min(a_top + a_mask.shape[0], b_top + b_mask.shape[0]))
    right = max(left, min(a_left + a_mask.shape[1], b_left + b_mask.shape[1]))
    both = (
        a_mask[top - a_top : bottom - a_top, left - a_left : right - a_left]
        & b_mask[top - b_top : bottom - b_top, left - b_left : right - b_left]
    )
    shared = int(np.count_nonzero(both))
    union = int(np.count_nonzero(a_mask)) + int(np.count_nonzero(b_mask)) - shared
    return shared / max(union, 1)


def crop(
    cells: UInt8Array, label: int, box_xyxy: Float32Array, stride: int
) -> tuple[BoolArray, tuple[int, int]]:
    """The mask cut out around the person, and where it lies.

    The predicted box may be smaller than the mask, so a margin of half its size is kept;
    what reaches beyond that does not matter for an overlap.
    """
    x0, y0, x1, y1 = (float(v) / stride for v in box_xyxy)
    margin_x, margin_y = (x1 - x0) / 2 + 1, (y1 - y0) / 2 + 1
    top, left = max(int(y0 - margin_y), 0), max(int(x0 - margin_x), 0)
    bottom, right = int(y1 + margin_y) + 1, int(x1 + margin_x) + 1
    return cells[top:bottom, left:right] == label, (top, left)
