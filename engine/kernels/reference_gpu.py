"""What the CUDA kernels that group must agree with where they differ from the CPU path, in NumPy.

The CPU path assigns cells of the network's grid to people and then smooths the labels up
to the frame. On the GPU every frame pixel is assigned by itself: logit and deltas are
interpolated between the four cells around it and its own box is decoded there. The two
agree except along edges between people, where the CPU path draws the line through the
votes of whole cells, and around people dropped for being too small, whose size is counted
in cells there and in pixels here. Peaks, boxes, votes and NMS are those of
`engine.kernels.reference`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.cuda_source import MAX_CANDIDATES, MAX_VOTERS
from engine.kernels.reference import (
    LOG_SIDE_LIMIT,
    SHIFT_LIMIT,
    box_iou,
    calibrate,
    clean_logits,
    decode_boxes,
    find_peaks,
    gather_votes,
    nms,
    within_limit,
)
from engine.types import (
    HEAD_STRIDE,
    MAX_PEOPLE,
    Float32Array,
    Float64Array,
    Int64Array,
    UInt8Array,
)


@dataclass(frozen=True, slots=True, eq=False)
class PixelGroups:
    """M people on the frame's pixels.

    labels: (H, W) uint8; 0 is nobody, i + 1 is person i. boxes_xyxy: (M, 4) float32, in
    index coordinates of the network input. scores: (M,) float32 in [0, 1].
    """

    labels: UInt8Array
    boxes_xyxy: Float32Array
    scores: Float32Array


def find_people(
    person_logits: Float32Array,
    box_deltas: Float32Array,
    anchor_wh: tuple[float, float],
    min_logit: float,
    radius: int,
    mask_logit: float,
    vote_iou: float | None,
    nms_iou: float,
    max_people: int,
) -> Float32Array:
    """Boxes (M, 4) float32 of the people, the best first: `engine.group.propose_boxes`.

    vote_iou: None leaves voting out.
    """
    logits = clean_logits(person_logits)
    peaks = find_peaks(logits, min_logit, radius)[:MAX_CANDIDATES]
    boxes = decode_boxes(box_deltas, peaks, anchor_wh)
    if vote_iou is None:
        kept = nms(boxes, nms_iou, max_people)
    else:
        cells = np.flatnonzero(logits.ravel() >= np.float32(mask_logit))
        cells = cells[:: max(-(-cells.size // MAX_VOTERS), 1)]
        voters = decode_boxes(box_deltas, cells, anchor_wh)
        weights = 1 / (1 + np.exp(-logits.ravel()[cells].astype(np.float64)))
        votes, elected = gather_votes(boxes, voters, weights.astype(np.float32), vote_iou)
        area = (boxes[2] - boxes[0]) * (boxes[3] - boxes[1])
        ranked = np.argsort(-votes / area, kind="stable")
        boxes = elected[:, ranked]
        kept = within_limit(nms(boxes, nms_iou, MAX_PEOPLE), votes[ranked], max_people)
    return np.ascontiguousarray(boxes[:, kept].T)


def assign_pixels(
    person_logits: Float32Array,
    box_deltas: Float32Array,
    anchor_wh: tuple[float, float],
    people_boxes: Float32Array,
    mask_logit: float,
    min_iou: float,
    min_pixels: int,
    agreement: bool,
    min_score: float,
    frame_hw: tuple[int, int],
) -> PixelGroups:
    """Every frame pixel to the person whose box its own fits best.

    person_logits: (h, w), box_deltas: (4, h, w), as the network gave them; cleaned as in
    `reference` before they are interpolated. people_boxes: (M, 4), M ≤ 255. A pixel whose
    logit is below `mask_logit` or whose box overlaps nobody's by more than `min_iou` is
    nobody's; people with fewer than `min_pixels` pixels or a lower score than `min_score`
    are left out. A score is the mean person probability over the person's pixels; with
    `agreement`, times the mean IoU of their boxes with the person's and the root of the
    share of the box they fill, where that is below a half, and calibrated by the number of
    cells they make, too.
    """
    y, row, weight_y = _cells_around(frame_hw[0], person_logits.shape[0])
    x, column, weight_x = _cells_around(frame_hw[1], person_logits.shape[1])
    logits = _upsample(clean_logits(person_logits), row, weight_y, column, weight_x)
    limits = (SHIFT_LIMIT, SHIFT_LIMIT, LOG_SIDE_LIMIT, LOG_SIDE_LIMIT)
    deltas = [
        _upsample(_clean_deltas(plane, limit), row, weight_y, column, weight_x)
        for plane, limit in zip(box_deltas, limits, strict=True)
    ]
    owned = np.flatnonzero(logits.ravel() >= np.float32(mask_logit))
    pixel_y, pixel_x = np.divmod(owned, frame_hw[1])
    dx, dy, dw, dh = (plane.ravel()[owned] for plane in deltas)
    anchor_w, anchor_h = np.float32(anchor_wh[0]), np.float32(anchor_wh[1])
    centre_x = x[pixel_x] * np.float32(HEAD_STRIDE) + dx * anchor_w
    centre_y = y[pixel_y] * np.float32(HEAD_STRIDE) + dy * anchor_h
    half_w = np.exp(dw) * anchor_w * np.float32(0.5)
    half_h = np.exp(dh) * anchor_h * np.float32(0.5)
    boxes = np.stack([centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h])
    best_iou = np.full(len(owned), min_iou, np.float32)
    found = np.zeros(len(owned), np.int64)
    for i, box in enumerate(people_boxes):
        iou = box_iou(box, boxes)
        better = iou > best_iou
        best_iou[better] = iou[better]
        found[better] = i + 1
    probability = 1 / (1 + np.exp(-logits.ravel()[owned].astype(np.float64)))
    scores = _means(found, probability, len(people_boxes))
    if agreement:
        trust = _means(found, best_iou, len(people_boxes))
        cells = _sizes_in_cells(found, len(people_boxes), person_logits.shape, frame_hw)
        trust *= np.sqrt(_fill(cells, people_boxes, person_logits.shape))
        scores = calibrate(scores * trust, cells)
    labels = np.zeros(frame_hw, np.int64)
    labels.ravel()[owned] = found
    return _without_unfit(labels, people_boxes, scores, min_pixels, min_score)


def _clean_deltas(plane: Float32Array, limit: float) -> Float32Array:
    finite = np.nan_to_num(plane, nan=0, posinf=np.inf, neginf=-np.inf)
    return np.clip(finite, -np.float32(limit), np.float32(limit)).astype(np.float32)


def _cells_around(pixels: int, cells: int) -> tuple[Float32Array, Int64Array, Float32Array]:
    """Per pixel of one axis its place on the grid, the cell before, weight of the next."""
    step = (cells - 1) / (pixels - 1) if pixels > 1 else 0.0
    place = np.arange(pixels, dtype=np.float32) * np.float32(step)
    before = np.minimum(place.astype(np.int64), max(cells - 2, 0))
    return place, before, (place - before).astype(np.float32)


def _upsample(
    plane: Float32Array,
    row: Int64Array,
    weight_y: Float32Array,
    column: Int64Array,
    weight_x: Float32Array,
) -> Float32Array:
    """Bilinear, down the columns first."""
    up, down = plane[row], plane[np.minimum(row + 1, plane.shape[0] - 1)]
    between = up + weight_y[:, None] * (down - up)
    left = between[:, column]
    right = between[:, np.minimum(column + 1, plane.shape[1] - 1)]
    upsampled: Float32Array = left + weight_x * (right - left)
    return upsampled


def _means(found: Int64Array, values: npt.NDArray[Any], count: int) -> Float64Array:
    """Mean value (count,) of the pixels of each person; found: (P,) label of each pixel."""
    sizes = np.bincount(found, minlength=count + 1)[1:]
    sums = np.bincount(found, weights=values, minlength=count + 1)[1:]
    return np.asarray(sums / np.maximum(sizes, 1), np.float64)


def _sizes_in_cells(
    found: Int64Array, count: int, grid_hw: tuple[int, ...], frame_hw: tuple[int, int]
) -> Float64Array:
    """How many cells (count,) the pixels of each person make."""
    cells_per_pixel = math.prod(
        (cells - 1) / (pixels - 1) if pixels > 1 else 0.0
        for cells, pixels in zip(grid_hw, frame_hw, strict=True)
    )
    return np.asarray(np.bincount(found, minlength=count + 1)[1:] * cells_per_pixel, np.float64)


def _fill(
    sizes_cells: Float64Array, people_boxes: Float32Array, grid_hw: tuple[int, ...]
) -> Float64Array:
    """Twice the share of each box, within the picture, that its pixels fill; at most 1."""
    bottom, right = ((cells - 1) * HEAD_STRIDE + 0.5 for cells in grid_hw)
    x0, y0, x1, y1 = np.clip(people_boxes, -0.5, [right, bottom, right, bottom]).T
    box_cells = np.maximum((x1 - x0) * (y1 - y0) / HEAD_STRIDE**2, 1)
    return np.asarray(np.minimum(2 * sizes_cells / box_cells, 1), np.float64)


def _without_unfit(
    labels: Int64Array,
    people_boxes: Float32Array,
    scores: Float64Array,
    min_pixels: int,
    min_score: float,
) -> PixelGroups:
    count = len(people_boxes)
    alive = np.bincount(labels.ravel(), minlength=count + 1)[1:] >= max(min_pixels, 1)
    alive &= scores >= min_score
    new_labels = np.zeros(count + 1, np.uint8)
    new_labels[1:][alive] = np.arange(1, alive.sum() + 1)
    return PixelGroups(
        labels=new_labels[labels],
        boxes_xyxy=np.ascontiguousarray(people_boxes[alive]),
        scores=scores[alive].astype(np.float32),
    )
