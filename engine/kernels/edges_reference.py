"""Edges of people that follow the picture, in plain NumPy: the law for `edges_cpu`.

Between four neighbouring cells of the network's grid lies a gap. Where two labels meet in or
near a gap, the cells of each tell its colours; a linear discriminant of the two (Fisher 1936)
says how much better a colour fits the one than the other, and that is added to the margin of
the network. It moves a margin by `PICTURE_WEIGHT` · `MOST_EVIDENCE` at most, so an edge moves
only where the network is unsure, and never farther than `REACH` cells.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.reference import most_voted
from engine.types import BoolArray, Float32Array, Float64Array, Int64Array, UInt8Array

FINER = 2
"""So many times as fine as the network's is the grid on which edges are moved; 4 times gives
hardly better edges, and rougher ones."""

REACH = 3
"""Cells up to this far on every side of a gap tell the colours of its labels."""

PICTURE_WEIGHT = 0.3
"""Logits per unit of the discriminant, chosen on training photos (docs/findings/edges.md)."""

MOST_EVIDENCE = 4.0
"""The discriminant is clipped to ± this."""

COLOUR_NOISE = 65.0
"""Variance, in squared 8-bit steps, that every colour has at least."""

FEW_CELLS = 1.0
"""With so many sure cells of the rarer label, the discriminant counts half."""


def follow_edges(
    margins: Float32Array, labels: UInt8Array, cell_bgr: UInt8Array, fine_bgr: UInt8Array
) -> tuple[Float32Array, UInt8Array]:
    """Margins and labels on a grid k times as fine, (k · (h - 1) + 1, k · (w - 1) + 1).

    margins: (h, w) float32, logit minus the logit of the mask threshold; h, w ≥ 2. labels:
    (h, w) uint8, 0 is nobody. cell_bgr: (h, w, 3) uint8, the picture around each cell.
    fine_bgr: (…, …, 3) uint8, the picture at each point of the finer grid. The margins that
    come back have no sign: they are those of a point's own label. Where three labels meet in
    one gap, the cells vote as in `engine.kernels.reference.upsample_labels`.
    """
    finer = (fine_bgr.shape[0] - 1) // (labels.shape[0] - 1)
    fine_margins = np.empty(fine_bgr.shape[:2], np.float32)
    fine_labels = np.empty(fine_bgr.shape[:2], np.uint8)
    rows, columns = (grid.ravel() for grid in np.indices((len(labels) - 1, labels.shape[1] - 1)))
    corners = _corners(rows, columns)
    pairs, crowded = _pairs(margins, labels, rows, columns)
    slopes, offsets = _discriminants(margins, labels, cell_bgr, rows, columns, pairs)
    strength, owners = np.abs(margins).astype(np.float64)[corners], labels[corners]  # [4,K]
    signed = np.where(owners == pairs[0], strength, -strength)
    for i in range(finer + 1):
        for j in range(finer + 1):
            down, across = i / finer, j / finer
            shares = np.outer((1 - down, down), (1 - across, across)).reshape(4, 1)
            y, x = rows * finer + i, columns * finer + j
            seen = (slopes * fine_bgr[y, x]).sum(axis=1) + offsets
            said = (shares * signed).sum(axis=0)
            said += PICTURE_WEIGHT * np.clip(seen, -MOST_EVIDENCE, MOST_EVIDENCE)
            voted, votes = most_voted(shares * strength, owners)
            # The border between two gaps belongs to the one behind it.
            own = ((i < finer) | (rows == rows[-1])) & ((j < finer) | (columns == columns[-1]))
            y, x = y[own], x[own]
            by_pair = np.where(said >= 0, pairs[0], pairs[1])
            fine_labels[y, x] = np.where(crowded, voted, by_pair)[own]
            fine_margins[y, x] = np.where(crowded, votes, np.abs(said))[own]
    return fine_margins, fine_labels


def _corners(rows: Int64Array, columns: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Rows and columns (4, K) of the cells up left, up right, down left and down right."""
    return np.stack([rows, rows, rows + 1, rows + 1]), np.stack([columns, columns + 1] * 2)


def _window(
    rows: Int64Array, columns: Int64Array, grid_hw: tuple[int, int]
) -> tuple[tuple[Int64Array, Int64Array], BoolArray]:
    """Rows and columns of the cells in reach of K gaps, (K, (2 · REACH)²), and which exist."""
    offsets = np.arange(1 - REACH, REACH + 1)
    down, across = (grid.ravel() for grid in np.meshgrid(offsets, offsets, indexing="ij"))
    y, x = rows[:, None] + down, columns[:, None] + across
    exist = (y >= 0) & (y < grid_hw[0]) & (x >= 0) & (x < grid_hw[1])
    return (np.clip(y, 0, grid_hw[0] - 1), np.clip(x, 0, grid_hw[1] - 1)), exist


def _pairs(
    margins: Float32Array, labels: UInt8Array, rows: Int64Array, columns: Int64Array
) -> tuple[UInt8Array, BoolArray]:
    """The two labels (2, K) that each gap is divided between, the lower one first, and
    where it has more. Where its cells agree but are not sure, the other label is the one
    that most cells in reach have; the two are the same where there is none."""
    corners = _corners(rows, columns)
    owners = labels[corners]
    low, high = owners.min(axis=0), owners.max(axis=0)
    crowded = ((owners > low) & (owners < high)).any(axis=0)
    weakest = np.abs(margins).astype(np.float64)[corners].min(axis=0)
    open_ = (low == high) & (weakest < PICTURE_WEIGHT * MOST_EVIDENCE)
    cells, exist = _window(rows[open_], columns[open_], labels.shape)
    around, own = labels[cells], low[open_]
    rival, most = own.copy(), np.zeros(own.size, np.int64)
    for label in np.unique(labels):
        count = ((around == label) & exist).sum(axis=1) * (own != label)
        rival, most = np.where(count > most, label, rival), np.maximum(most, count)
    low[open_], high[open_] = np.minimum(own, rival), np.maximum(own, rival)
    return np.stack([low, high]), crowded


def _discriminants(
    margins: Float32Array,
    labels: UInt8Array,
    cell_bgr: UInt8Array,
    rows: Int64Array,
    columns: Int64Array,
    pairs: UInt8Array,
) -> tuple[Float64Array, Float64Array]:
    """Slopes (K, 3) and offsets (K,) of what is positive for colours of the lower label."""
    cells, exist = _window(rows, columns, labels.shape)
    colours, owners = cell_bgr[cells].astype(np.float64), labels[cells]  # [K,N,3], [K,N]
    sure = np.tanh(np.abs(margins))[cells] * exist
    weights = np.stack([sure * (owners == label[:, None]) for label in pairs])  # [2,K,N]
    sums = weights.sum(axis=2)
    n = np.maximum(sums, 1e-9)
    means = np.einsum("skn,knc->skc", weights, colours) / n[:, :, None]
    centred = colours - means[:, :, None]  # [2,K,N,3]
    scatter = np.einsum("skn,sknc,sknd->kcd", weights, centred, centred)
    spread = scatter / n.sum(axis=0)[:, None, None] + COLOUR_NOISE * np.eye(3)
    difference = means[0] - means[1]
    fewer = sums.min(axis=0)
    # Equal labels would tell a gap from itself; a label without a cell has no colour.
    trust = fewer / (fewer + FEW_CELLS) * (pairs[0] != pairs[1])
    slopes = trust[:, None] * np.linalg.solve(spread, difference[:, :, None])[:, :, 0]
    return slopes, -0.5 * (slopes * (means[0] + means[1])).sum(axis=1)
