"""Grouping in plain NumPy: what `engine.kernels.cpu` and the CUDA kernels must agree with.

All of them take the same arguments and give the same values. Logits and deltas may hold
NaN and infinities: `clean_logits` and `decode_boxes` say what these become. Boxes are in
index coordinates of the network input (see `engine.types`). A cell is named by its flat
index into the (h, w) grid, row by row.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from engine.kernels.strips import row_strips
from engine.types import HEAD_STRIDE, BoolArray, Float32Array, Float64Array, Int64Array, UInt8Array

Votes = TypeVar("Votes", Float32Array, Float64Array)

LOGIT_LIMIT = 40.0
"""Logits are clipped to ± this; the probability differs from 0 or 1 by 4e-18 there."""

SHIFT_LIMIT = 100.0
"""dx and dy are clipped to ± this many anchor sides."""

LOG_SIDE_LIMIT = math.log(1000 / 16)
"""dw and dh are clipped to ± this, the bound that R-CNN code customarily uses."""

SCORE_MIDDLE = 0.465
"""The score, counting agreement, at which half of those found are real people."""

SCORE_WIDTH = 0.07
"""How far that score changes the odds by the factor e."""

SCORE_CELLS = 180.0
"""People of so many cells have half the odds of much larger ones with the same score."""


def clean_logits(logits: Float32Array) -> Float32Array:
    """Logits (h, w) clipped to ± LOGIT_LIMIT; NaN becomes the surest background."""
    # fmax takes the other one of two where one is NaN.
    at_least = np.fmax(logits, np.float32(-LOGIT_LIMIT))
    return np.fmin(at_least, np.float32(LOGIT_LIMIT))


def find_peaks(logits: Float32Array, min_logit: float, radius: int) -> Int64Array:
    """Cells (K,) of local maxima above `min_logit`, the highest first.

    A peak is the largest of the (2·radius + 1)² window around it, cut off at the border.
    Among equal logits the first in reading order is meant: a peak exceeds all cells of
    its window that come before it and is no less than those behind it. The ranking
    breaks ties the same way.
    """
    height, width = logits.shape
    padded = np.full((height + 2 * radius, width + 2 * radius), -np.inf, np.float32)
    padded[radius : radius + height, radius : radius + width] = logits
    is_peak = logits > np.float32(min_logit)
    for row in range(2 * radius + 1):
        for column in range(2 * radius + 1):
            other = padded[row : row + height, column : column + width]
            if (row, column) < (radius, radius):
                is_peak &= logits > other
            elif (row, column) > (radius, radius):
                is_peak &= logits >= other
    cells = np.flatnonzero(is_peak)
    return cells[np.argsort(-logits.ravel()[cells], kind="stable")].astype(np.int64)


def decode_boxes(
    box_deltas: Float32Array, cells: Int64Array, anchor_wh: tuple[float, float]
) -> Float32Array:
    """Predicted boxes (4, P) float32, rows x0, y0, x1, y1, of P cells.

    box_deltas: (4, h, w), R-CNN parametrisation relative to the anchor centred on each
    cell. NaN counts as 0; shifts are clipped to SHIFT_LIMIT, logarithms of sides to
    LOG_SIDE_LIMIT.
    """
    width = box_deltas.shape[2]
    deltas = box_deltas.reshape(4, -1)[:, cells]
    limits = np.array([SHIFT_LIMIT, SHIFT_LIMIT, LOG_SIDE_LIMIT, LOG_SIDE_LIMIT], np.float32)
    limits = limits[:, None]
    deltas = np.clip(np.nan_to_num(deltas, nan=0, posinf=np.inf, neginf=-np.inf), -limits, limits)
    anchor_w, anchor_h = np.float32(anchor_wh[0]), np.float32(anchor_wh[1])
    rows, columns = np.divmod(cells, width)
    x = (columns * HEAD_STRIDE).astype(np.float32) + deltas[0] * anchor_w
    y = (rows * HEAD_STRIDE).astype(np.float32) + deltas[1] * anchor_h
    half_w = np.exp(deltas[2]) * anchor_w * np.float32(0.5)
    half_h = np.exp(deltas[3]) * anchor_h * np.float32(0.5)
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h]).astype(np.float32)


def box_iou(box: Float32Array, boxes: Float32Array) -> Float32Array:
    """IoU of one box (4,) with boxes (4, P); 0 where both are empty. (P,) float32."""
    width = np.minimum(box[2], boxes[2]) - np.maximum(box[0], boxes[0])
    height = np.minimum(box[3], boxes[3]) - np.maximum(box[1], boxes[1])
    inter = np.maximum(width, 0) * np.maximum(height, 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    union = area + (boxes[2] - boxes[0]) * (boxes[3] - boxes[1]) - inter
    iou = np.zeros_like(inter)
    np.divide(inter, union, out=iou, where=union > 0)
    return np.asarray(iou, np.float32)


def gather_votes(
    candidates: Float32Array, voters: Float32Array, weights: Float32Array, min_iou: float
) -> tuple[Float32Array, Float32Array]:
    """Votes (K,) for each candidate box, and the mean box (4, K) of those who voted for it.

    A voter (a cell with its own predicted box) votes with its weight for every candidate
    that its box overlaps by more than `min_iou`. candidates: (4, K). voters: (4, S).
    weights: (S,). A candidate nobody votes for keeps its own box.
    """
    votes = np.zeros(candidates.shape[1], np.float32)
    boxes = candidates.copy()
    for k in range(candidates.shape[1]):
        agree = box_iou(candidates[:, k], voters) > np.float32(min_iou)
        votes[k] = weights[agree].sum()
        if votes[k] > 0:
            boxes[:, k] = (voters[:, agree] * weights[agree]).sum(axis=1) / votes[k]
    return votes, boxes


def nms(boxes: Float32Array, max_iou: float, max_count: int) -> Int64Array:
    """Indices of the boxes kept by greedy non-maximum suppression, at most `max_count`.

    boxes: (4, K), the best first. A box goes when its IoU with a kept one is above
    `max_iou`.
    """
    kept: list[int] = []
    for i in range(boxes.shape[1]):
        if len(kept) == max_count:
            break
        if not (box_iou(boxes[:, i], boxes[:, kept]) > np.float32(max_iou)).any():
            kept.append(i)
    return np.array(kept, np.int64)


def within_limit(kept: Int64Array, votes: Float32Array, max_count: int) -> Int64Array:
    """Of the boxes that NMS kept the `max_count` with the most votes, in the same order.

    kept: (M,) indices into votes (K,). Among equal votes the earlier box stays.
    """
    most = np.argsort(-votes[kept], kind="stable")[:max_count]
    return kept[np.sort(most)]


def assign(cell_boxes: Float32Array, people_boxes: Float32Array, min_iou: float) -> UInt8Array:
    """Label (P,) uint8 of each cell: i + 1 for the person whose box its own fits best.

    cell_boxes: (4, P). people_boxes: (4, M), M ≤ 255. 0, nobody, where no IoU is above
    `min_iou`; among equal ones the first person wins.
    """
    best_iou = np.full(cell_boxes.shape[1], min_iou, np.float32)
    labels = np.zeros(cell_boxes.shape[1], np.uint8)
    for i in range(people_boxes.shape[1]):
        iou = box_iou(people_boxes[:, i], cell_boxes)
        better = iou > best_iou
        best_iou[better] = iou[better]
        labels[better] = i + 1
    return labels


def own_iou(
    cell_boxes: Float32Array, people_boxes: Float32Array, labels: UInt8Array
) -> Float32Array:
    """IoU (P,) of each cell's box with the box of its person; 0 for nobody's cells."""
    iou = np.zeros(labels.size, np.float32)
    for i in range(people_boxes.shape[1]):
        own = labels == i + 1
        iou[own] = box_iou(people_boxes[:, i], cell_boxes[:, own])
    return iou


def tally(owners: UInt8Array, values: Float32Array, count: int) -> tuple[Int64Array, Float64Array]:
    """Cells (count,) of each person and the sums of their values, in double precision.

    owners, values: (P,); owner i + 1 is person i, 0 nobody.
    """
    sizes = np.bincount(owners, minlength=count + 1)[1:]
    sums = np.bincount(owners, weights=values, minlength=count + 1)[1:]
    return np.asarray(sizes, np.int64), np.asarray(sums, np.float64)


def calibrate(agreement_scores: Float64Array, cells: Float64Array) -> Float64Array:
    """Scores that count agreement → the share of people so scored who are real.

    cells: how many each person has; a mask of few is seldom right, however sure the network
    is. A logistic curve fitted on the tune photos, to whether a person found has the true
    mask at IoU 0.5; in each tenth of its range it is off by less than 0.1.
    """
    odds = np.exp((agreement_scores - SCORE_MIDDLE) / SCORE_WIDTH) * cells / (cells + SCORE_CELLS)
    return np.asarray(odds / (1 + odds), np.float64)


def upsample_labels(
    margins: Float32Array, grid_labels: UInt8Array, frame_hw: tuple[int, int]
) -> tuple[UInt8Array, BoolArray]:
    """Labels (H, W) uint8 at frame resolution, with smooth edges, and which occur.

    margins: (h, w) float32, logit minus the logit of the mask threshold. grid_labels:
    (h, w) uint8. Corner cells lie on corner pixels. Around each frame pixel lie four
    cells with bilinear weights; each gives weight · |margin| to its own label, and the
    label with the most wins, the lower one if equal. With one person this is the
    bilinearly upsampled margin above 0; with several the edge between two people runs
    where their interpolated margins are equal. Second value: (256,) bool, True for every
    label that at least one frame pixel has.
    """
    height, width = margins.shape
    rows, row_weight = corner_aligned(frame_hw[0], height)
    columns, column_weight = corner_aligned(frame_hw[1], width)
    down, right = np.minimum(rows + 1, height - 1), np.minimum(columns + 1, width - 1)
    strength = np.abs(margins)
    labels = np.empty(frame_hw, np.uint8)
    present = np.zeros(256, np.bool_)
    for strip in row_strips(*frame_hw):
        votes, corner_labels = [], []
        for row, weight_y in ((rows, 1 - row_weight), (down, row_weight)):
            for column, weight_x in ((columns, 1 - column_weight), (right, column_weight)):
                cells = np.ix_(row[strip], column)
                votes.append(weight_y[strip, None] * weight_x * strength[cells])
                corner_labels.append(grid_labels[cells])
        labels[strip], _ = most_voted(np.stack(votes), np.stack(corner_labels))
        present |= np.bincount(labels[strip].ravel(), minlength=256) > 0
    return labels, present


def corner_aligned(pixels: int, cells: int) -> tuple[Int64Array, Float32Array]:
    """For every pixel of one axis the cell before it and the weight of the one behind."""
    step = (cells - 1) / (pixels - 1) if pixels > 1 else 0.0
    position = np.arange(pixels) * step
    cell = np.minimum(position.astype(np.int64), max(cells - 2, 0))
    return cell, (position - cell).astype(np.float32)


def most_voted(votes: Votes, labels: UInt8Array) -> tuple[UInt8Array, Votes]:
    """Per place the label of four (4, …) with the largest sum of votes, ties → lower, and
    that sum."""
    totals = np.stack([(votes * (labels == labels[k])).sum(axis=0) for k in range(4)])
    best = totals.max(axis=0)
    candidates = np.where(totals == best, labels, np.uint8(255))
    return np.asarray(candidates.min(axis=0), np.uint8), best
