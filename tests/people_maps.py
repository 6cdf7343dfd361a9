"""Predictions as a perfect (or a broken) network would make them, for grouping tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.types import HEAD_STRIDE, Frame, InputGeometry, Prediction

ANCHOR_WH = (40.0, 60.0)
Box = tuple[float, float, float, float]


def make_prediction(
    boxes_xyxy: Sequence[Box],
    *,
    input_hw: tuple[int, int] = (97, 129),
    frame_hw: tuple[int, int] = (97, 129),
    inset: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
) -> Prediction:
    """People as elliptic hills inside their boxes; later ones stand in front.

    boxes_xyxy: in index coordinates of the input. inset: share of the box's half side that
    the hill leaves free. noise: standard deviation added to all maps.
    """
    geometry = InputGeometry(frame_hw=frame_hw, input_hw=input_hw)
    height, width = geometry.grid_hw
    y, x = np.mgrid[:height, :width].astype(np.float32) * HEAD_STRIDE
    logits = np.full((height, width), -8, np.float32)
    deltas = np.zeros((4, height, width), np.float32)
    for x0, y0, x1, y1 in boxes_xyxy:
        cx, cy, w, h = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
        share = 1 - inset
        radius = ((x - cx) / (w / 2 * share)) ** 2 + ((y - cy) / (h / 2 * share)) ** 2
        inside = radius < 1
        logits[inside] = 1 + 7 * (1 - radius[inside])
        target = np.stack(
            [
                (cx - x) / ANCHOR_WH[0],
                (cy - y) / ANCHOR_WH[1],
                np.full_like(x, np.log(w / ANCHOR_WH[0])),
                np.full_like(x, np.log(h / ANCHOR_WH[1])),
            ]
        )
        deltas[:, inside] = target[:, inside]
    random = np.random.default_rng(seed)
    logits += random.normal(0, noise, logits.shape).astype(np.float32)
    deltas += random.normal(0, noise / 10, deltas.shape).astype(np.float32)
    frame = Frame(np.zeros((*frame_hw, 3), np.uint8), index=0, time_s=0.0, captured_at_s=0.0)
    return Prediction(frame, geometry, logits, deltas, ANCHOR_WH)
