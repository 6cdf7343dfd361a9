"""Labels from the network's grid to frame pixels on the CPU, compiled by Numba.

The same function as in `engine.kernels.reference`; agreement is exact except where
float32 sums in another order decide a near tie.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.kernels.jit import jit
from engine.kernels.reference import corner_aligned
from engine.types import BoolArray, Float32Array, Int64Array, UInt8Array

_ZERO = np.float32(0)

MANY = 256
"""In the place of the highest label of four cells that have more than two."""


def upsample_labels(
    margins: Float32Array, grid_labels: UInt8Array, frame_hw: tuple[int, int]
) -> tuple[UInt8Array, BoolArray]:
    """See `engine.kernels.reference.upsample_labels`."""
    height, width = margins.shape
    rows, _, row_weights = _axis(frame_hw[0], height)
    _, starts, weights = _axis(frame_hw[1], width)
    runs = np.empty((max(width - 1, 1), 4), np.int64)
    present = np.zeros(256, np.bool_)
    out = np.empty(frame_hw, np.uint8)
    _upsample_labels(margins, grid_labels, rows, row_weights, starts, weights, runs, present, out)
    return out, present


@lru_cache(maxsize=8)
def _axis(pixels: int, cells: int) -> tuple[Int64Array, Int64Array, Float32Array]:
    """Per pixel its cell, per cell its first pixel, per pixel the weight of the next cell."""
    cell, weight = corner_aligned(pixels, cells)
    return cell, np.searchsorted(cell, np.arange(max(cells, 2))), weight


@jit
def _upsample_labels(
    margins: Float32Array,
    grid_labels: UInt8Array,
    rows: Int64Array,
    row_weights: Float32Array,
    starts: Int64Array,
    weights: Float32Array,
    runs: Int64Array,
    present: BoolArray,
    out: UInt8Array,
) -> None:
    run_count = 0
    for y in range(rows.size):
        row, weight_y = rows[y], row_weights[y]
        if y == 0 or row != rows[y - 1]:
            run_count = _find_runs(grid_labels, row, runs)
        for i in range(run_count):
            start, stop = starts[runs[i, 0]], starts[runs[i, 1]]
            low, high = runs[i, 2], runs[i, 3]
            if low == high:
                out[y, start:stop] = low
                present[low] |= stop > start
                continue
            piece, cell = (y, start, stop), (row, runs[i, 0])
            if high == MANY:
                _fill_corner(out, piece, present, weights, weight_y, margins, grid_labels, cell)
            else:
                labels = np.uint8(low), np.uint8(high)
                _fill_edge(
                    out, piece, present, weights, weight_y, margins, grid_labels, cell, labels
                )


@jit
def _find_runs(grid_labels: UInt8Array, row: int, runs: Int64Array) -> int:
    """Neighbouring gaps between columns of cells whose corners all have one label.

    Fills `runs` with (first gap, gap behind the last, lowest label, highest label) and
    returns their number; a gap with several labels stands alone, MANY in the place of the
    highest where there are more than two.
    """
    height, width = grid_labels.shape
    down = min(row + 1, height - 1)
    count = 0
    for column in range(max(width - 1, 1)):
        right = min(column + 1, width - 1)
        a, b = np.int64(grid_labels[row, column]), np.int64(grid_labels[row, right])
        c, d = np.int64(grid_labels[down, column]), np.int64(grid_labels[down, right])
        low, high = min(a, b, c, d), max(a, b, c, d)
        if low == high and count > 0 and runs[count - 1, 2] == low == runs[count - 1, 3]:
            runs[count - 1, 1] = column + 1
            continue
        between = (low < a < high) | (low < b < high) | (low < c < high) | (low < d < high)
        if between:
            high = np.int64(MANY)
        runs[count, 0] = column
        runs[count, 1] = column + 1
        runs[count, 2] = low
        runs[count, 3] = high
        count += 1
    return count


@jit
def _fill_edge(
    out: UInt8Array,
    piece: tuple[int, int, int],
    present: BoolArray,
    weights: Float32Array,
    weight_y: np.float32,
    margins: Float32Array,
    grid_labels: UInt8Array,
    cell: tuple[int, int],
    labels: tuple[np.uint8, np.uint8],
) -> None:
    # With two labels the sign of one difference decides, and it changes linearly along the row.
    y, start, stop = piece
    row, column = cell
    down = min(row + 1, margins.shape[0] - 1)
    right = min(column + 1, margins.shape[1] - 1)
    low, high = labels
    up_weight = np.float32(1) - weight_y
    at_left = up_weight * _signed(margins, grid_labels, row, column, low)
    at_left += weight_y * _signed(margins, grid_labels, down, column, low)
    at_right = up_weight * _signed(margins, grid_labels, row, right, low)
    at_right += weight_y * _signed(margins, grid_labels, down, right, low)
    lows = 0
    for x in range(start, stop):
        is_low = (np.float32(1) - weights[x]) * at_left + weights[x] * at_right >= _ZERO
        out[y, x] = low if is_low else high
        lows += is_low
    present[low] |= lows > 0
    present[high] |= lows < stop - start


@jit
def _signed(
    margins: Float32Array, grid_labels: UInt8Array, row: int, column: int, label: np.uint8
) -> np.float32:
    strength = np.float32(abs(margins[row, column]))
    return strength if grid_labels[row, column] == label else -strength


@jit
def _fill_corner(
    out: UInt8Array,
    piece: tuple[int, int, int],
    present: BoolArray,
    weights: Float32Array,
    weight_y: np.float32,
    margins: Float32Array,
    grid_labels: UInt8Array,
    cell: tuple[int, int],
) -> None:
    # Between two columns of cells the votes of a label change linearly along the row.
    y, start, stop = piece
    row, column = cell
    down = min(row + 1, margins.shape[0] - 1)
    right = min(column + 1, margins.shape[1] - 1)
    labels = (
        grid_labels[row, column],
        grid_labels[row, right],
        grid_labels[down, column],
        grid_labels[down, right],
    )
    up_weight = np.float32(1) - weight_y
    at_left = (abs(margins[row, column]) * up_weight, abs(margins[down, column]) * weight_y)
    at_right = (abs(margins[row, right]) * up_weight, abs(margins[down, right]) * weight_y)
    for x in range(start, stop):
        best_votes = np.float32(-1)
        best_label = np.uint8(0)
        left_weight = np.float32(1) - weights[x]
        for k in range(4):
            votes = _ZERO
            if labels[0] == labels[k]:
                votes += left_weight * at_left[0]
            if labels[1] == labels[k]:
                votes += weights[x] * at_right[0]
            if labels[2] == labels[k]:
                votes += left_weight * at_left[1]
            if labels[3] == labels[k]:
                votes += weights[x] * at_right[1]
            if votes > best_votes or (votes == best_votes and labels[k] < best_label):
                best_votes = votes
                best_label = labels[k]
        out[y, x] = best_label
        present[best_label] = True
