"""Maps that are steady over time, in plain NumPy: the law for `steady.cu` and `engine.steady`."""

from __future__ import annotations

import numpy as np

from engine.kernels.reference import LOGIT_LIMIT
from engine.types import HEAD_STRIDE, Float32Array, UInt8Array


def shrink_input(rgb: UInt8Array) -> UInt8Array:
    """The view (h, w, 3) uint8 of a network's input (1, H, W, 3) uint8.

    Each cell has the mean of the 4 by 4 pixels to the lower right of its own one, halved
    twice, each time rounded; the last row and column have what their neighbours have.
    """
    view = rgb[0, :-1, :-1]
    for _ in range(HEAD_STRIDE // 2):
        rows, columns = view.shape[0] // 2, view.shape[1] // 2
        sums = view.reshape(rows, 2, columns, 2, 3).sum(axis=(1, 3), dtype=np.uint16)
        view = ((sums + 2) >> 2).astype(np.uint8)
    return np.pad(view, ((0, 1), (0, 1), (0, 0)), mode="edge")


def take_maps(person_logits: Float32Array, box_deltas: Float32Array) -> tuple[Float32Array, bool]:
    """The maps (h, w) and (4, h, w) as one (5, h, w), and whether all of it is finite."""
    maps = np.concatenate([person_logits[None], box_deltas])
    return maps, bool(np.isfinite(maps).all())


def mean_maps(maps: Float32Array, before: Float32Array, moves: Float32Array) -> Float32Array:
    """The mean of the maps (5, h, w) of two frames, a logit and four deltas for each cell.

    moves: (h, w, 3) float32; x and y of what each cell shows now in the frame before, in
    cells, and what share of the mean that has, below 1. Maps are interpolated bilinearly,
    beyond the border those on it count.
    """
    moved = np.stack([move(plane, moves[..., :2]) for plane in before])
    weights = moves[..., 2]
    logits = mean_logits(maps[0], moved[0], weights)
    return np.concatenate([logits[None], mean_deltas(maps[1:], moved[1:], weights)])


def move(plane: Float32Array, came_from: Float32Array) -> Float32Array:
    """A map (h, w), sampled at x and y (h, w, 2): OpenCV's remap of float32, from version 5 on."""
    height, width = plane.shape
    x, y = np.clip(came_from[..., 0], 0, width - 1), np.clip(came_from[..., 1], 0, height - 1)
    left, top = x.astype(np.int64), y.astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    to_right, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    moved: Float32Array = (
        plane[top, left] * ((1 - down) * (1 - to_right))
        + plane[top, right] * ((1 - down) * to_right)
        + plane[bottom, left] * (down * (1 - to_right))
        + plane[bottom, right] * (down * to_right)
    )
    return moved


def mean_logits(now: Float32Array, before: Float32Array, weights: Float32Array) -> Float32Array:
    """Logits of the mean probability, with the share `weights` of what was said before; where
    that is 0, just what is said now. All (h, w).

    p for person and q for nobody are averaged each on their own: log(p / q) is exact also
    where either is near 0.
    """
    odds, odds_before = (np.exp(np.clip(m, -LOGIT_LIMIT, LOGIT_LIMIT)) for m in (now, before))
    share, share_before = (1 - weights) / (1 + odds), weights / (1 + odds_before)
    mean = np.log((share * odds + share_before * odds_before) / (share + share_before))
    return np.where(weights > 0, mean, now).astype(np.float32, copy=False)


def mean_deltas(now: Float32Array, before: Float32Array, weights: Float32Array) -> Float32Array:
    """Deltas (4, h, w) with the share `weights` (h, w) of those before."""
    return (now + weights * (before - now)).astype(np.float32, copy=False)
