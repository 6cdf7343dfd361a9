"""Labels from the network's grid to frame pixels on the CPU, compiled by Numba.

The same function as in `engine.kernels.reference`; agreement is exact except where
float32 sums in another order decide a near tie.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.jit import jit
from engine.types import BoolArray, Float32Array, Int64Array, UInt8Array

_ZERO = np.float32(0)


def upsample_labels(
    margins: Float32Array, grid_labels: UInt8Array, frame_hw: tuple[int, int]
) -> tuple[UInt8Array, BoolArray]:
    """See `engine.kernels.reference.upsample_labels`."""
    return _upsample_labels(margins, grid_labels, frame_hw[0], frame_hw[1])


@jit
def _upsample_labels(
    margins: Float32Array, grid_labels: UInt8Array, frame_h: int, frame_w: int
) -> tuple[UInt8Array, BoolArray]:
    height, width = margins.shape
    present = np.zeros(256, np.bool_)
    out = np.empty((frame_h, frame_w), np.uint8)
    step_y = (height - 1) / (frame_h - 1) if frame_h > 1 else 0.0
    step_x = (width - 1) / (frame_w - 1) if frame_w > 1 else 0.0
    starts, weights = _columns(frame_w, width, step_x)
    runs = np.empty((max(width - 1, 1), 3), np.int64)
    run_count = 0
    known_row = -1
    for y in range(frame_h):
        row = min(int(y * step_y), max(height - 2, 0))
        weight_y = np.float32(y * step_y - row)
        if row != known_row:
            run_count = _find_runs(grid_labels, row, runs)
            known_row = row
        for i in range(run_count):
            first, behind, label = runs[i]
            start, stop = starts[first], starts[behind]
            if label >= 0:
                out[y, start:stop] = label
                present[label] |= stop > start
            else:
                _fill_edge(
                    out[y, start:stop],
                    present,
                    weights[start:stop],
                    weight_y,
                    margins,
                    grid_labels,
                    row,
                    first,
                )
    return out, present


@jit
def _find_runs(grid_labels: UInt8Array, row: int, runs: Int64Array) -> int:
    """Neighbouring gaps between columns of cells whose corners all have one label.

    Fills `runs` with (first gap, gap behind the last, label) and returns their number; a
    gap with several labels stands alone, with label -1.
    """
    height, width = grid_labels.shape
    down = min(row + 1, height - 1)
    count = 0
    for column in range(max(width - 1, 1)):
        right = min(column + 1, width - 1)
        label = np.int64(grid_labels[row, column])
        if (
            label != grid_labels[row, right]
            or label != grid_labels[down, column]
            or label != grid_labels[down, right]
        ):
            label = np.int64(-1)
        if label >= 0 and count > 0 and runs[count - 1, 2] == label:
            runs[count - 1, 1] = column + 1
        else:
            runs[count, 0] = column
            runs[count, 1] = column + 1
            runs[count, 2] = label
            count += 1
    return count


@jit
def _columns(pixels: int, cells: int, step: float) -> tuple[Int64Array, Float32Array]:
    """Per cell its first pixel (one entry more than cells), per pixel its weight."""
    last = max(cells - 2, 0)
    starts = np.full(max(cells, 2), pixels, np.int64)
    weights = np.empty(pixels, np.float32)
    filled = -1
    for x in range(pixels):
        cell = min(int(x * step), last)
        weights[x] = np.float32(x * step - cell)
        while filled < cell:
            filled += 1
            starts[filled] = x
    return starts, weights


@jit
def _fill_edge(
    out: UInt8Array,
    present: BoolArray,
    weights: Float32Array,
    weight_y: np.float32,
    margins: Float32Array,
    grid_labels: UInt8Array,
    row: int,
    column: int,
) -> None:
    # Between two columns of cells the votes of a label change linearly along the row.
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
    for x in range(out.size):
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
        out[x] = best_label
        present[best_label] = True
