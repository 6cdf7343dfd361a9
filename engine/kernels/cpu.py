"""Grouping on the CPU by Numba, OpenCV and NumPy; the same functions as `engine.kernels.reference`.

Agreement is exact except where float32 sums in another order decide a near tie.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from engine.kernels.jit import jit
from engine.kernels.reference import LOG_SIDE_LIMIT, SHIFT_LIMIT, clean_logits
from engine.types import HEAD_STRIDE, Float32Array, Float64Array, Int64Array, UInt8Array

_SHIFT_LIMIT = np.float32(SHIFT_LIMIT)
_LOG_SIDE_LIMIT = np.float32(LOG_SIDE_LIMIT)
__all__ = [
    "assign",
    "clean_logits",
    "decode_boxes",
    "find_peaks",
    "gather_votes",
    "nms",
    "own_iou",
    "tally",
]

_ZERO = np.float32(0)
_HALF = np.float32(0.5)


def find_peaks(logits: Float32Array, min_logit: float, radius: int) -> Int64Array:
    """See `engine.kernels.reference.find_peaks`."""
    before, behind = _halves(radius)
    is_peak = logits > np.float32(min_logit)
    is_peak &= logits > cv2.dilate(logits, before)
    is_peak &= logits >= cv2.dilate(logits, behind)
    cells = np.flatnonzero(is_peak)
    return cells[np.argsort(-logits.ravel()[cells], kind="stable")]


@lru_cache(maxsize=16)
def _halves(radius: int) -> tuple[UInt8Array, UInt8Array]:
    """The cells of a window that come before its middle, and those behind."""
    side = 2 * radius + 1
    before = np.zeros(side * side, np.uint8)
    before[: side * side // 2] = 1
    return before.reshape(side, side), before[::-1].reshape(side, side).copy()


@jit
def _limited(value: np.float32, limit: np.float32) -> np.float32:
    if value != value:
        return _ZERO
    return min(max(value, -limit), limit)


def decode_boxes(
    box_deltas: Float32Array, cells: Int64Array, anchor_wh: tuple[float, float]
) -> Float32Array:
    """See `engine.kernels.reference.decode_boxes`."""
    boxes = np.empty((4, cells.size), np.float32)
    _gather_deltas(box_deltas.reshape(4, -1), cells, boxes)
    np.exp(boxes[2:], out=boxes[2:])  # NumPy's is vectorised, Numba's is not
    _place_boxes(
        boxes, cells, box_deltas.shape[2], np.float32(anchor_wh[0]), np.float32(anchor_wh[1])
    )
    return boxes


@jit
def _gather_deltas(box_deltas: Float32Array, cells: Int64Array, out: Float32Array) -> None:
    """The deltas (4, P) of the cells within their limits; box_deltas: (4, h · w)."""
    for k in range(4):
        limit = _SHIFT_LIMIT if k < 2 else _LOG_SIDE_LIMIT
        for i in range(cells.size):
            out[k, i] = _limited(box_deltas[k, cells[i]], limit)


@jit
def _place_boxes(
    boxes: Float32Array,
    cells: Int64Array,
    width: int,
    anchor_w: np.float32,
    anchor_h: np.float32,
) -> None:
    """dx, dy and the factors of the sides (4, P) become the corners, in place."""
    for i in range(cells.size):
        row = np.uint32(cells[i]) // np.uint32(width)  # quicker than in 64 bits
        column = np.uint32(cells[i]) - row * np.uint32(width)
        x = np.float32(column * HEAD_STRIDE) + boxes[0, i] * anchor_w
        y = np.float32(row * HEAD_STRIDE) + boxes[1, i] * anchor_h
        half_w = boxes[2, i] * anchor_w * _HALF
        half_h = boxes[3, i] * anchor_h * _HALF
        boxes[0, i] = x - half_w
        boxes[1, i] = y - half_h
        boxes[2, i] = x + half_w
        boxes[3, i] = y + half_h


@jit
def _iou(a: Float32Array, i: int, b: Float32Array, j: int) -> np.float32:
    width = min(a[2, i], b[2, j]) - max(a[0, i], b[0, j])
    height = min(a[3, i], b[3, j]) - max(a[1, i], b[1, j])
    inter = max(width, _ZERO) * max(height, _ZERO)
    area_a = (a[2, i] - a[0, i]) * (a[3, i] - a[1, i])
    area_b = (b[2, j] - b[0, j]) * (b[3, j] - b[1, j])
    union = area_a + area_b - inter
    return inter / union if union > _ZERO else _ZERO


def gather_votes(
    candidates: Float32Array, voters: Float32Array, weights: Float32Array, min_iou: float
) -> tuple[Float32Array, Float32Array]:
    """See `engine.kernels.reference.gather_votes`."""
    sums = np.zeros((5, candidates.shape[1]), np.float32)
    _gather_votes(candidates, _area(candidates), voters, weights, np.float32(min_iou), sums)
    votes = sums[4]
    return votes, np.where(votes > 0, sums[:4] / np.maximum(votes, 1e-12), candidates)


@jit
def _gather_votes(
    candidates: Float32Array,
    area: Float32Array,
    voters: Float32Array,
    weights: Float32Array,
    min_iou: np.float32,
    sums: Float32Array,
) -> None:
    # Voters outside, candidates inside: sums of the inner loop do not depend on each
    # other, so it vectorises.
    count = candidates.shape[1]
    for i in range(voters.shape[1]):
        x0, y0, x1, y1 = voters[0, i], voters[1, i], voters[2, i], voters[3, i]
        own_area = (x1 - x0) * (y1 - y0)
        for k in range(count):
            width = max(min(x1, candidates[2, k]) - max(x0, candidates[0, k]), _ZERO)
            height = max(min(y1, candidates[3, k]) - max(y0, candidates[1, k]), _ZERO)
            inter = width * height
            agrees = inter > min_iou * (own_area + area[k] - inter)
            weight = weights[i] if agrees else _ZERO
            sums[0, k] += weight * x0
            sums[1, k] += weight * y0
            sums[2, k] += weight * x1
            sums[3, k] += weight * y1
            sums[4, k] += weight


def nms(boxes: Float32Array, max_iou: float, max_count: int) -> Int64Array:
    """See `engine.kernels.reference.nms`."""
    kept = np.empty(max_count, np.int64)
    return kept[: _nms(boxes, np.float32(max_iou), kept)]


@jit
def _nms(boxes: Float32Array, max_iou: np.float32, kept: Int64Array) -> int:
    count = 0
    for i in range(boxes.shape[1]):
        if count == kept.size:
            break
        is_new = True
        for k in range(count):
            if _iou(boxes, kept[k], boxes, i) > max_iou:
                is_new = False
                break
        if is_new:
            kept[count] = i
            count += 1
    return count


def assign(cell_boxes: Float32Array, people_boxes: Float32Array, min_iou: float) -> UInt8Array:
    """See `engine.kernels.reference.assign`."""
    best_iou = np.full(cell_boxes.shape[1], min_iou, np.float32)
    labels = np.zeros(cell_boxes.shape[1], np.uint8)
    _assign(cell_boxes, _area(cell_boxes), people_boxes, best_iou, labels)
    return labels


@jit
def _assign(
    cells: Float32Array,
    area: Float32Array,
    people: Float32Array,
    best_iou: Float32Array,
    labels: UInt8Array,
) -> None:
    # People outside, cells inside: the inner loop has no branch and vectorises.
    for i in range(people.shape[1]):
        x0, y0, x1, y1 = people[0, i], people[1, i], people[2, i], people[3, i]
        own_area = (x1 - x0) * (y1 - y0)
        label = np.uint8(i + 1)
        for k in range(labels.size):
            width = max(min(x1, cells[2, k]) - max(x0, cells[0, k]), _ZERO)
            height = max(min(y1, cells[3, k]) - max(y0, cells[1, k]), _ZERO)
            inter = width * height
            iou = inter / (own_area + area[k] - inter)
            better = iou > best_iou[k]
            best_iou[k] = iou if better else best_iou[k]
            labels[k] = label if better else labels[k]


def own_iou(
    cell_boxes: Float32Array, people_boxes: Float32Array, labels: UInt8Array
) -> Float32Array:
    """See `engine.kernels.reference.own_iou`."""
    iou = np.zeros(labels.size, np.float32)
    _own_iou(cell_boxes, people_boxes, labels, iou)
    return iou


@jit
def _own_iou(
    cells: Float32Array, people: Float32Array, labels: UInt8Array, iou: Float32Array
) -> None:
    for k in range(labels.size):
        if labels[k] > 0:
            iou[k] = _iou(people, int(labels[k]) - 1, cells, k)


def tally(owners: UInt8Array, values: Float32Array, count: int) -> tuple[Int64Array, Float64Array]:
    """See `engine.kernels.reference.tally`."""
    sizes, sums = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.float64)
    _tally(owners, values, sizes, sums)
    return sizes[1:], sums[1:]


@jit
def _tally(owners: UInt8Array, values: Float32Array, sizes: Int64Array, sums: Float64Array) -> None:
    # Neighbours mostly have one owner: a sum in a register is quicker than one in memory.
    start = 0
    while start < owners.size:
        owner, k, run = owners[start], start, 0.0
        while k < owners.size and owners[k] == owner:
            run += values[k]
            k += 1
        sizes[owner] += k - start
        sums[owner] += run
        start = k


def _area(boxes: Float32Array) -> Float32Array:
    return np.asarray((boxes[2] - boxes[0]) * (boxes[3] - boxes[1]), np.float32)
