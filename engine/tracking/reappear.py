"""People who went out of sight behind somebody and come out on another side.

While a person disappears behind another, the part in sight gets narrower and so does the
box, and what comes out first on the far side is again a narrow strip: the boxes do not
overlap and say little about the motion. What holds is the height, the direction, and
that somebody stands in between.
"""

from __future__ import annotations

import numpy as np

from engine.tracking.memory import Track
from engine.types import BoolArray, Float32Array

MIN_HEIGHT_IOU = 0.5
"""Least overlap of the vertical extents of the person lost and the person found."""

LATE_HEIGHT_IOU = 0.3
"""The same where their looks had to agree already: after so long they may have sat down."""

TOUCH_SHARE = 0.15
"""The one in between reaches beyond the box by this share of its width."""

WRONG_WAY = 0.4
"""Weight of coming out against the direction of going in."""


def reappearance(
    found_xyxy: Float32Array, lost: list[Track], others_xyxy: Float32Array, late: BoolArray
) -> Float32Array:
    """How well each newcomer fits each lost track, (F, L) in [0, 1]; 0 is not at all.

    found_xyxy: (F, 4) newcomers. others_xyxy: (P, 4) people in sight who have their
    tracks and may have been in the way. late: (L,) lost for so long that only those count whose
    looks agree.
    """
    fits = np.zeros((len(found_xyxy), len(lost)), np.float32)
    for f, box in enumerate(found_xyxy):
        for j, track in enumerate(lost):
            if _somebody_between(box, track.box_xyxy, others_xyxy):
                fits[f, j] = _fit(box, track, LATE_HEIGHT_IOU if late[j] else MIN_HEIGHT_IOU)
    return fits


def _fit(box: Float32Array, track: Track, min_height_iou: float) -> float:
    height_iou = _span_iou(box[1], box[3], track.box_xyxy[1], track.box_xyxy[3])
    gap = max(float(box[0] - track.box_xyxy[2]), float(track.box_xyxy[0] - box[2]), 0.0)
    nearness = 1 - gap / (2 * track.width_px)
    if height_iou < min_height_iou or nearness <= 0:
        return 0.0
    onward = float(box[0] + box[2] - track.box_xyxy[0] - track.box_xyxy[2]) / 2
    with_motion = onward * float(track.velocity_xy[0]) >= 0
    return height_iou * nearness * (1.0 if with_motion else WRONG_WAY)


def _span_iou(a_low: float, a_high: float, b_low: float, b_high: float) -> float:
    shared = min(a_high, b_high) - max(a_low, b_low)
    return float(max(shared, 0) / max(max(a_high, b_high) - min(a_low, b_low), 1e-6))


def _somebody_between(a: Float32Array, b: Float32Array, others_xyxy: Float32Array) -> bool:
    """Whether one box touches both in the horizontal and overlaps both in the vertical."""
    reach = TOUCH_SHARE * (others_xyxy[:, 2] - others_xyxy[:, 0])
    touches = np.ones(len(others_xyxy), np.bool_)
    for box in (a, b):
        touches &= (others_xyxy[:, 0] - reach < box[2]) & (others_xyxy[:, 2] + reach > box[0])
        touches &= (others_xyxy[:, 1] < box[3]) & (others_xyxy[:, 3] > box[1])
    return bool(touches.any())
