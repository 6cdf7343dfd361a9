"""How well the people of a frame fit tracks that have moved on meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.tracking.memory import Track
from engine.tracking.overlap import box_iou, shared_cells, stride_of
from engine.types import Float32Array, Instances, UInt8Array

RECENT_S = 0.12
"""Tracks unseen for longer than this only take people that no fresher track wants."""

COAST_S = 0.5
"""Time constant, seconds, with which an unseen track's motion comes to rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """People against tracks, (people, tracks): `affinity` in [0, 1] float32, and
    `inside` float32, the share of the person that lies in the track's expected mask."""

    affinity: Float32Array
    inside: Float32Array


def overlap_of(
    instances: Instances, cells: UInt8Array, tracks: tuple[Track, ...], time_s: float
) -> Overlap:
    """Affinity is the mean of mask and box overlap, or the box's alone where that says
    more: a person coming out from behind another has few pixels in common with what was
    seen of them before."""
    moves = np.stack([coasted(t, time_s) for t in tracks])  # (T, 2)
    last_boxes = np.stack([t.box_xyxy for t in tracks])
    moved = box_iou(instances.boxes_xyxy, last_boxes + np.tile(moves, 2))
    rested = box_iou(instances.boxes_xyxy, last_boxes)
    unseen = np.array([time_s - t.seen_at_s > RECENT_S for t in tracks])
    boxes = np.where(unseen, np.maximum(moved, rested), moved)

    steps = np.rint(moves / stride_of(instances.labels)).astype(np.int64).tolist()
    placed = [
        (t.mask, t.mask_yx[0] + step[1], t.mask_yx[1] + step[0])
        for t, step in zip(tracks, steps, strict=True)
    ]
    shared = shared_cells(cells, len(instances), placed)
    areas = np.bincount(cells.ravel(), minlength=len(instances) + 1)[1:, None]
    track_areas = np.array([t.area for t in tracks])
    masks = shared / np.maximum(areas + track_areas - shared, 1)
    both = (masks + boxes) / 2
    affinity = np.where(unseen, np.maximum(both, boxes), both)
    inside = shared / np.maximum(areas, 1)
    return Overlap(affinity.astype(np.float32), inside.astype(np.float32))


def coasted(track: Track, time_s: float) -> Float32Array:
    """Pixels (x, y) that the track has moved since it was seen, slowing down."""
    travelled_s = COAST_S * (1 - np.exp(-(time_s - track.seen_at_s) / COAST_S))
    return np.asarray(track.velocity_xy * travelled_s, np.float32)
