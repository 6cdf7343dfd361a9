"""Edges of people that follow the picture on the CPU, compiled by Numba.

The same function as in `engine.kernels.edges_reference`; agreement is exact except where
rounding decides a near tie.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.edges_reference import (
    COLOUR_NOISE,
    FEW_CELLS,
    MOST_EVIDENCE,
    PICTURE_WEIGHT,
    REACH,
)
from engine.kernels.jit import jit
from engine.types import Float32Array, Int64Array, UInt8Array

Line = tuple[float, float, float, float]
"""Slopes for blue, green and red, and an offset."""

_NO_SAY: Line = (0.0, 0.0, 0.0, 0.0)
_SURE = PICTURE_WEIGHT * MOST_EVIDENCE


def follow_edges(
    margins: Float32Array, labels: UInt8Array, cell_bgr: UInt8Array, fine_bgr: UInt8Array
) -> tuple[Float32Array, UInt8Array]:
    """See `engine.kernels.edges_reference.follow_edges`."""
    weights = np.tanh(np.abs(margins))
    fine_margins = np.empty(fine_bgr.shape[:2], np.float32)
    fine_labels = np.empty(fine_bgr.shape[:2], np.uint8)
    counts = np.zeros(256, np.int64)
    _follow_edges(margins, weights, labels, cell_bgr, fine_bgr, counts, fine_margins, fine_labels)
    return fine_margins, fine_labels


@jit
def _follow_edges(
    margins: Float32Array,
    weights: Float32Array,
    labels: UInt8Array,
    cell_bgr: UInt8Array,
    fine_bgr: UInt8Array,
    counts: Int64Array,
    fine_margins: Float32Array,
    fine_labels: UInt8Array,
) -> None:
    height, width = labels.shape
    for row in range(height - 1):
        for column in range(width - 1):
            gap = (row, column)
            a, b = labels[row, column], labels[row, column + 1]
            c, d = labels[row + 1, column], labels[row + 1, column + 1]
            low, high = min(a, b, c, d), max(a, b, c, d)
            if (low < a < high) | (low < b < high) | (low < c < high) | (low < d < high):
                _fill_by_votes(margins, labels, gap, fine_margins, fine_labels)
                continue
            if low == high and _weakest(margins, gap) < _SURE:
                rival = _rival(labels, gap, low, counts)
                low, high = min(low, rival), max(low, rival)
            line = _NO_SAY
            if low != high:
                line = _discriminant(weights, labels, cell_bgr, gap, low, high)
            _fill(margins, labels, fine_bgr, gap, (low, high), line, fine_margins, fine_labels)


@jit
def _weakest(margins: Float32Array, gap: tuple[int, int]) -> float:
    row, column = gap
    upper = min(abs(margins[row, column]), abs(margins[row, column + 1]))
    lower = min(abs(margins[row + 1, column]), abs(margins[row + 1, column + 1]))
    return float(min(upper, lower))


@jit
def _rival(labels: UInt8Array, gap: tuple[int, int], own: np.uint8, counts: Int64Array) -> np.uint8:
    """The label that most cells in reach have besides `own`, which it is where none has."""
    height, width = labels.shape
    row, column = gap
    best, most = own, 0
    for y in range(max(row + 1 - REACH, 0), min(row + REACH, height - 1) + 1):
        for x in range(max(column + 1 - REACH, 0), min(column + REACH, width - 1) + 1):
            label = labels[y, x]
            if label == own:
                continue
            counts[label] += 1
            if counts[label] > most or (counts[label] == most and label < best):
                best, most = label, counts[label]
    for y in range(max(row + 1 - REACH, 0), min(row + REACH, height - 1) + 1):
        for x in range(max(column + 1 - REACH, 0), min(column + REACH, width - 1) + 1):
            counts[labels[y, x]] = 0
    return best


@jit
def _discriminant(
    weights: Float32Array,
    labels: UInt8Array,
    cell_bgr: UInt8Array,
    gap: tuple[int, int],
    low: np.uint8,
    high: np.uint8,
) -> Line:
    """Slopes and offset of what is positive for the colours of `low`."""
    height, width = labels.shape
    row, column = gap
    n0, b0, g0, r0 = 0.0, 0.0, 0.0, 0.0
    n1, b1, g1, r1 = 0.0, 0.0, 0.0, 0.0
    bb, bg, br, gg, gr, rr = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for y in range(max(row + 1 - REACH, 0), min(row + REACH, height - 1) + 1):
        for x in range(max(column + 1 - REACH, 0), min(column + REACH, width - 1) + 1):
            label = labels[y, x]
            if label != low and label != high:
                continue
            w = float(weights[y, x])
            b, g, r = float(cell_bgr[y, x, 0]), float(cell_bgr[y, x, 1]), float(cell_bgr[y, x, 2])
            if label == low:
                n0, b0, g0, r0 = n0 + w, b0 + w * b, g0 + w * g, r0 + w * r
            else:
                n1, b1, g1, r1 = n1 + w, b1 + w * b, g1 + w * g, r1 + w * r
            bb, bg, br = bb + w * b * b, bg + w * b * g, br + w * b * r
            gg, gr, rr = gg + w * g * g, gr + w * g * r, rr + w * r * r
    if n0 == 0 or n1 == 0:
        return _NO_SAY
    b0, g0, r0, b1, g1, r1 = b0 / n0, g0 / n0, r0 / n0, b1 / n1, g1 / n1, r1 / n1
    n = n0 + n1
    bb = (bb - n0 * b0 * b0 - n1 * b1 * b1) / n + COLOUR_NOISE
    gg = (gg - n0 * g0 * g0 - n1 * g1 * g1) / n + COLOUR_NOISE
    rr = (rr - n0 * r0 * r0 - n1 * r1 * r1) / n + COLOUR_NOISE
    bg = (bg - n0 * b0 * g0 - n1 * b1 * g1) / n
    br = (br - n0 * b0 * r0 - n1 * b1 * r1) / n
    gr = (gr - n0 * g0 * r0 - n1 * g1 * r1) / n
    # The inverse of the symmetric covariance by its cofactors.
    i_bb, i_bg, i_br = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    i_gg, i_gr, i_rr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    fewer = min(n0, n1)
    trust = fewer / (fewer + FEW_CELLS) / (bb * i_bb + bg * i_bg + br * i_br)
    b, g, r = b0 - b1, g0 - g1, r0 - r1
    blue = trust * (i_bb * b + i_bg * g + i_br * r)
    green = trust * (i_bg * b + i_gg * g + i_gr * r)
    red = trust * (i_br * b + i_gr * g + i_rr * r)
    return blue, green, red, -0.5 * (blue * (b0 + b1) + green * (g0 + g1) + red * (r0 + r1))


@jit
def _fill(
    margins: Float32Array,
    labels: UInt8Array,
    fine_bgr: UInt8Array,
    gap: tuple[int, int],
    pair: tuple[np.uint8, np.uint8],
    line: Line,
    fine_margins: Float32Array,
    fine_labels: UInt8Array,
) -> None:
    row, column = gap
    low, high = pair
    finer = (fine_labels.shape[0] - 1) // (labels.shape[0] - 1)
    blue, green, red, offset = line
    a = _signed(margins, labels, row, column, low)
    b = _signed(margins, labels, row, column + 1, low)
    c = _signed(margins, labels, row + 1, column, low)
    d = _signed(margins, labels, row + 1, column + 1, low)
    for i in range(finer + (row == labels.shape[0] - 2)):
        y, down = row * finer + i, i / finer
        left, right = (1 - down) * a + down * c, (1 - down) * b + down * d
        for j in range(finer + (column == labels.shape[1] - 2)):
            x, across = column * finer + j, j / finer
            seen = blue * fine_bgr[y, x, 0] + green * fine_bgr[y, x, 1] + red * fine_bgr[y, x, 2]
            seen = min(max(seen + offset, -MOST_EVIDENCE), MOST_EVIDENCE)
            said = (1 - across) * left + across * right + PICTURE_WEIGHT * seen
            fine_labels[y, x] = low if said >= 0 else high
            fine_margins[y, x] = abs(said)


@jit
def _signed(
    margins: Float32Array, labels: UInt8Array, row: int, column: int, label: np.uint8
) -> float:
    strength = float(abs(margins[row, column]))
    return strength if labels[row, column] == label else -strength


@jit
def _fill_by_votes(
    margins: Float32Array,
    labels: UInt8Array,
    gap: tuple[int, int],
    fine_margins: Float32Array,
    fine_labels: UInt8Array,
) -> None:
    row, column = gap
    finer = (fine_labels.shape[0] - 1) // (labels.shape[0] - 1)
    for i in range(finer + (row == labels.shape[0] - 2)):
        for j in range(finer + (column == labels.shape[1] - 2)):
            best_votes, best = -1.0, np.uint8(0)
            for k in range(4):
                label = labels[row + k // 2, column + k % 2]
                votes = 0.0
                for other in range(4):
                    y, x = other // 2, other % 2
                    if labels[row + y, column + x] == label:
                        share = abs(1 - y - i / finer) * abs(1 - x - j / finer)
                        votes += share * abs(margins[row + y, column + x])
                if votes > best_votes or (votes == best_votes and label < best):
                    best_votes, best = votes, label
            fine_labels[row * finer + i, column * finer + j] = best
            fine_margins[row * finer + i, column * finer + j] = best_votes
