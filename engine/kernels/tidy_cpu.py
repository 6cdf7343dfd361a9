"""Masks without specks and pinholes; see `engine.kernels.tidy_reference`.

The picture is taken as runs of one label in one row, and runs that touch are united. Only
small pieces are looked at pixel by pixel.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.jit import jit
from engine.kernels.runs_cpu import run_starts
from engine.types import Float64Array, Int64Array, UInt8Array

_LABEL, _START, _END, _PARENT, _PIXELS, _LOWEST, _HIGHEST = range(7)
"""Columns of the table of runs: pixels from start to end, the run that it was united with and,
of whole pieces, their size and the lowest and highest label around them."""

_NOBODY_YET = 256


def tidy(labels: UInt8Array, min_share: float) -> int:
    """See `engine.kernels.tidy_reference.tidy`."""
    height, width = labels.shape
    flat = labels.reshape(-1)
    starts = run_starts(flat)
    runs = np.empty((starts.size + height, 7), np.int64)
    first_of_row = np.empty(height + 1, np.int64)
    _split_at_rows(flat, width, starts, runs, first_of_row)
    _unite_rows(runs, width, first_of_row)
    runs = runs[: first_of_row[-1]]
    largest = np.zeros(256, np.int64)
    _find_largest(runs, largest)
    small = min_share * largest.astype(np.float64)
    small[0] = small.max()
    return _give_away(flat, width, runs, small)


@jit
def _split_at_rows(
    flat: UInt8Array, width: int, starts: Int64Array, runs: Int64Array, first_of_row: Int64Array
) -> None:
    """Fills `runs`, and for each row the number of its first one; at last that of all."""
    count, following = 0, 0
    for y in range(first_of_row.size - 1):
        first_of_row[y] = count
        start, row_end = y * width, (y + 1) * width
        while start < row_end:
            while starts[following] <= start and following < starts.size - 1:
                following += 1
            end = min(starts[following], row_end)
            run = runs[count]
            run[_LABEL], run[_START], run[_END] = flat[start], start, end
            run[_PARENT], run[_PIXELS] = count, end - start
            run[_LOWEST], run[_HIGHEST] = _NOBODY_YET, -1
            count += 1
            start = end
    first_of_row[-1] = count


@jit
def _unite_rows(runs: Int64Array, width: int, first_of_row: Int64Array) -> None:
    for y in range(1, first_of_row.size - 1):
        above, above_end = first_of_row[y - 1], first_of_row[y]
        for run in range(above_end, first_of_row[y + 1]):
            start, end = runs[run, _START] - width, runs[run, _END] - width
            corner = 1 if runs[run, _LABEL] else 0
            while above < above_end and runs[above, _END] < start:
                above += 1
            for other in range(above, above_end):
                if runs[other, _START] >= end + corner:
                    break
                if runs[other, _END] > start - corner and runs[other, _LABEL] == runs[run, _LABEL]:
                    _unite(runs, run, other)


@jit
def _whole(runs: Int64Array, run: int) -> int:
    """The run that stands for the piece."""
    while runs[run, _PARENT] != run:
        runs[run, _PARENT] = runs[runs[run, _PARENT], _PARENT]
        run = runs[run, _PARENT]
    return run


@jit
def _unite(runs: Int64Array, one: int, other: int) -> None:
    one, other = _whole(runs, one), _whole(runs, other)
    if one != other:
        runs[one, _PARENT] = other
        runs[other, _PIXELS] += runs[one, _PIXELS]


@jit
def _find_largest(runs: Int64Array, largest: Int64Array) -> None:
    """Pixels of the largest piece of each person, by label."""
    for run in range(len(runs)):
        label = runs[run, _LABEL]
        if label and runs[run, _PARENT] == run:
            largest[label] = max(largest[label], runs[run, _PIXELS])


@jit
def _give_away(flat: UInt8Array, width: int, runs: Int64Array, small: Float64Array) -> int:
    """Pieces below the `small` size of their label to those around; returns how many pixels."""
    for run in range(len(runs)):
        piece = _whole(runs, run)
        if runs[piece, _PIXELS] < small[runs[run, _LABEL]]:
            _look_around(flat, width, runs, run, piece)
    changed = 0
    for run in range(len(runs)):
        label, piece = runs[run, _LABEL], _whole(runs, run)
        pixels, owner = runs[piece, _PIXELS], runs[piece, _LOWEST]
        if pixels >= small[label]:
            continue
        if label == 0 and (owner != runs[piece, _HIGHEST] or pixels >= small[owner]):
            continue
        for k in range(runs[run, _START], runs[run, _END]):
            flat[k] = owner
        changed += runs[run, _END] - runs[run, _START]
    return changed


@jit
def _look_around(flat: UInt8Array, width: int, runs: Int64Array, run: int, piece: int) -> None:
    """Note at `piece` the labels beside, above and below its `run`."""
    label, start, end = runs[run, _LABEL], runs[run, _START], runs[run, _END]
    if start % width:
        _note(runs, piece, flat[start - 1])
    if end % width:
        _note(runs, piece, flat[end])
    for k in range(start, end):
        if k >= width and flat[k - width] != label:
            _note(runs, piece, flat[k - width])
        if k + width < flat.size and flat[k + width] != label:
            _note(runs, piece, flat[k + width])


@jit
def _note(runs: Int64Array, piece: int, label: int) -> None:
    runs[piece, _LOWEST] = min(runs[piece, _LOWEST], label)
    runs[piece, _HIGHEST] = max(runs[piece, _HIGHEST], label)
