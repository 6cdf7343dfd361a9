"""Network maps of made-up scenes, for tests of the GPU kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.types import HEAD_STRIDE, Float32Array

ANCHOR_WH = (78.384, 117.576)


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """person_logits (h, w) and box_deltas (4, h, w) float32, and the boxes behind them."""

    person_logits: Float32Array
    box_deltas: Float32Array
    boxes_xyxy: Float32Array


def smooth_scene(grid_hw: tuple[int, int], people: int, seed: int = 0) -> Maps:
    """People as smooth hills of the person map whose cells all predict their own box.

    The deltas change abruptly where one hill meets the next, as a network's do; each
    delta carries a little noise so that no two IoUs are equal.
    """
    rng = np.random.default_rng(seed)
    height, width = grid_hw
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    centres = _spread(rng, people, height, width)
    sides = rng.uniform(0.5, 1.0, (people, 2)) * 0.9 * _spacing(people, height, width)
    logits = np.full(grid_hw, -6, np.float32)
    deltas = rng.normal(0, 0.02, (4, *grid_hw)).astype(np.float32)
    boxes = np.zeros((people, 4), np.float32)
    for i, ((y, x), (box_h, box_w)) in enumerate(zip(centres, sides, strict=True)):
        hill = 6 - 7 * (((rows - y) / box_h * 2) ** 2 + ((columns - x) / box_w * 2) ** 2)
        own = hill > logits
        logits[own] = hill[own]
        centre_x, centre_y = x * HEAD_STRIDE, y * HEAD_STRIDE
        deltas[0][own] += ((centre_x - columns * HEAD_STRIDE) / ANCHOR_WH[0])[own]
        deltas[1][own] += ((centre_y - rows * HEAD_STRIDE) / ANCHOR_WH[1])[own]
        deltas[2][own] += math.log(box_w * HEAD_STRIDE / ANCHOR_WH[0])
        deltas[3][own] += math.log(box_h * HEAD_STRIDE / ANCHOR_WH[1])
        half = np.array([box_w, box_h, box_w, box_h]) * HEAD_STRIDE / 2
        boxes[i] = np.array([centre_x, centre_y] * 2) + half * [-1, -1, 1, 1]
    return Maps(logits, deltas, boxes)


def noisy_scene(grid_hw: tuple[int, int], seed: int = 0) -> Maps:
    """What no network would say: noise, NaN and infinities everywhere, ties among peaks."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, grid_hw).astype(np.float32).round(1)
    deltas = rng.normal(0, 0.6, (4, *grid_hw)).astype(np.float32)
    for values in (logits, deltas):
        flat = values.reshape(-1)
        for bad in (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30):
            flat[rng.integers(0, flat.size, flat.size // 200 + 1)] = bad
    return Maps(logits, deltas, np.zeros((0, 4), np.float32))


def _spacing(people: int, height: int, width: int) -> float:
    return math.sqrt(height * width / max(people, 1))


def _spread(
    rng: np.random.Generator, people: int, height: int, width: int
) -> list[tuple[float, float]]:
    """Places on a jittered lattice, so that any number of people fits without a pile."""
    if people == 0:
        return []
    columns = max(1, round(math.sqrt(people * width / height)))
    rows = -(-people // columns)
    places = [
        ((r + 0.5) * (height - 1) / rows, (c + 0.5) * (width - 1) / columns)
        for r in range(rows)
        for c in range(columns)
    ][:people]
    jitter = rng.uniform(-0.12, 0.12, (people, 2)) * _spacing(people, height, width)
    return [(y + dy, x + dx) for (y, x), (dy, dx) in zip(places, jitter.tolist(), strict=True)]
