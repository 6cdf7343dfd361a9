"""Builders of people for the tests of tracking and rendering."""

from __future__ import annotations

import numpy as np

from engine.types import Frame, Instances

Box = tuple[int, int, int, int]


def people(
    boxes_xyxy: list[Box],
    frame_hw: tuple[int, int] = (360, 640),
    track_ids: list[int] | None = None,
    score: float = 0.9,
) -> Instances:
    """People as filled boxes; a later one stands in front of an earlier one."""
    labels = np.zeros(frame_hw, np.uint8)
    for i, (x0, y0, x1, y1) in enumerate(boxes_xyxy):
        labels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = i + 1
    return Instances(
        labels=labels,
        boxes_xyxy=np.array(boxes_xyxy, np.float32).reshape(-1, 4),
        scores=np.full(len(boxes_xyxy), score, np.float32),
        track_ids=np.array(track_ids or [-1] * len(boxes_xyxy), np.int64),
    )


def frame_like(instances: Instances, seed: int = 0) -> Frame:
    """Noise of the same size: every blend and every leak shows."""
    noise = np.random.default_rng(seed).integers(0, 256, (*instances.labels.shape, 3), np.uint8)
    return Frame(noise, 0, 0.0, 0.0)
