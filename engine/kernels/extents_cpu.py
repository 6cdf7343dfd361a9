"""The box around what is coloured, in one pass; see `engine.kernels.extents_reference`.

The picture is taken as runs of one label in one row. A run joins the pieces of the row above
that it touches, or begins one.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.jit import jit
from engine.kernels.runs_cpu import run_starts
from engine.types import Int64Array, UInt8Array

_LABEL, _X0, _Y0, _X1, _Y1, _PIXELS, _PARENT = range(7)
"""Columns of the table of pieces."""


def extents(labels: UInt8Array, count: int, min_share: float) -> Int64Array:
    """See `engine.kernels.extents_reference.extents`."""
    flat = np.ascontiguousarray(labels).ravel()
    boxes = np.zeros((count, 4), np.int64)
    pieces, piece_count = _find_pieces(flat, labels.shape[1], run_starts(flat), count)
    _around(pieces, piece_count, min_share, boxes)
    return boxes


@jit
def _find_pieces(
    flat: UInt8Array, width: int, starts: Int64Array, people: int
) -> tuple[Int64Array, int]:
    """The table of pieces and how many of its rows are in use."""
    height = flat.size // width
    pieces = np.empty((starts.size + height, 7), np.int64)
    piece_count = 0
    # Runs, whose rows come one after the other: first column, end, piece.
    runs = np.empty((starts.size + height, 3), np.int64)
    run_count, above, above_end = 0, 0, 0
    y, row = 0, 0
    for k in range(starts.size - 1):
        start, end = starts[k], starts[k + 1]
        label = np.int64(flat[start])
        if label == 0 or label > people:
            continue
        while start < end:
            if start >= row + width:
                below = start // width
                above = above_end if below == y + 1 else run_count
                above_end, y, row = run_count, below, below * width
            x0, x1 = start - row, min(end - row, width)
            while above < above_end and runs[above, 1] < x0:
                above += 1
            piece = -1
            for other in range(above, above_end):
                if runs[other, 0] > x1:
                    break
                joined = runs[other, 2]
                if pieces[joined, _LABEL] == label:
                    piece = _join(pieces, piece, joined)
            if piece < 0:
                piece, piece_count = piece_count, piece_count + 1
                # One by one: to compile a row's assignment as a whole takes seconds.
                pieces[piece, _LABEL], pieces[piece, _PARENT] = label, piece
                pieces[piece, _X0], pieces[piece, _Y0] = x0, y
                pieces[piece, _X1], pieces[piece, _PIXELS] = x1, 0
            pieces[piece, _X0] = min(pieces[piece, _X0], x0)
            pieces[piece, _X1] = max(pieces[piece, _X1], x1)
            pieces[piece, _Y1] = y + 1
            pieces[piece, _PIXELS] += x1 - x0
            runs[run_count, 0], runs[run_count, 1], runs[run_count, 2] = x0, x1, piece
            run_count += 1
            start = row + x1
    return pieces, piece_count


@jit
def _join(pieces: Int64Array, into: int, piece: int) -> int:
    """The two become one, whose number is returned; into: -1 for none yet."""
    while pieces[piece, _PARENT] != piece:
        piece = pieces[piece, _PARENT]
    if into < 0 or into == piece:
        return piece
    pieces[piece, _PARENT] = into
    pieces[into, _X0] = min(pieces[into, _X0], pieces[piece, _X0])
    pieces[into, _Y0] = min(pieces[into, _Y0], pieces[piece, _Y0])
    pieces[into, _X1] = max(pieces[into, _X1], pieces[piece, _X1])
    pieces[into, _Y1] = max(pieces[into, _Y1], pieces[piece, _Y1])
    pieces[into, _PIXELS] += pieces[piece, _PIXELS]
    return into


@jit
def _around(pieces: Int64Array, piece_count: int, min_share: float, boxes: Int64Array) -> None:
    """The boxes of those pieces of each person that count."""
    largest = np.zeros(boxes.shape[0], np.int64)
    for piece in range(piece_count):
        if pieces[piece, _PARENT] == piece:
            person = pieces[piece, _LABEL] - 1
            largest[person] = max(largest[person], pieces[piece, _PIXELS])
    for piece in range(piece_count):
        person = pieces[piece, _LABEL] - 1
        if pieces[piece, _PARENT] != piece:
            continue
        if pieces[piece, _PIXELS] < min_share * largest[person]:
            continue
        box = boxes[person]
        is_first = box[2] == 0
        box[0] = pieces[piece, _X0] if is_first else min(box[0], pieces[piece, _X0])
        box[1] = pieces[piece, _Y0] if is_first else min(box[1], pieces[piece, _Y0])
        box[2] = max(box[2], pieces[piece, _X1])
        box[3] = max(box[3], pieces[piece, _Y1])
