"""Identities that stay with their people from frame to frame.

`track` is pure: the memory goes in as a `TrackState` and a new one comes out. Every
person seen gets an id at once, from 1 upwards, never handed out twice within one chain
of states. What may match is decided by the overlap of masks, moved along with each
track's own motion, and of boxes; who matches whom by the Hungarian method, first among
the people seen a moment ago, then, for whoever is left, among those out of sight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from engine.config import TrackOptions
from engine.types import BoolArray, Float32Array, Instances, Int64Array, UInt8Array

MASK_LONG_SIDE = 160
"""Masks are remembered at about this many cells along the longer side."""

RECENT_S = 0.12
"""Tracks unseen for longer than this only take people that no fresher track wants."""

SETTLED_HITS = 4
"""Tracks seen in fewer frames than this are forgotten after `BRIEF_KEEP_S`, so that one
false alarm cannot lend its identity to somebody else much later."""

BRIEF_KEEP_S = 0.3
COAST_S = 0.5
"""Time constant, seconds, with which an unseen track's motion comes to rest."""

VELOCITY_GAIN = 0.35
"""Share of each frame's surprise that goes into a track's velocity."""

MAX_STEP_S = 1.0
"""After a longer pause between two frames velocities mean nothing and are zeroed."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One identity as last seen.

    box_xyxy: (4,) float32, frame pixels. velocity_xy: (2,) float32, pixels per second.
    mask: bool crop of the reduced label image; mask_yx: the cell of its upper left
    corner; area: its cells. seen_at_s: time of the last frame with it. hits: number of
    frames with it.
    """

    track_id: int
    box_xyxy: Float32Array
    velocity_xy: Float32Array
    mask: BoolArray
    mask_yx: tuple[int, int]
    area: int
    seen_at_s: float
    hits: int


@dataclass(frozen=True, slots=True, eq=False)
class TrackState:
    """The tracker's memory after one frame; pass it to the next call.

    frame_hw: size of that frame. time_s: its time. next_id: the first id not given yet.
    """

    tracks: tuple[Track, ...]
    frame_hw: tuple[int, int]
    time_s: float
    next_id: int


def track(
    instances: Instances, state: TrackState | None, time_s: float, options: TrackOptions
) -> tuple[Instances, TrackState]:
    """Give the people of one frame their identities.

    state: what the call for the previous frame returned, None to begin at id 1. When
    time runs backwards (a seek, a loop) or the frame size changes, all tracks end and
    new ids go on counting; a jump forward beyond `keep_lost_s` does the same by itself.
    With `options.enabled` False the people keep id -1 and all tracks end. The same time
    twice (a paused picture) matches the picture against itself and moves nothing.
    """
    frame_hw = (instances.labels.shape[0], instances.labels.shape[1])
    next_id = state.next_id if state is not None else 1
    if not options.enabled:
        nobody = np.full(len(instances), -1, np.int64)
        return instances.with_track_ids(nobody), TrackState((), frame_hw, time_s, next_id)
    if state is None or time_s < state.time_s or frame_hw != state.frame_hw:
        tracks: tuple[Track, ...] = ()
    else:
        tracks = tuple(t for t in state.tracks if time_s - t.seen_at_s <= _keep_s(t, options))

    cells = _reduced(instances.labels)
    owner = _assign(instances, cells, tracks, time_s, options.min_iou)
    ids = np.array([tracks[j].track_id if j >= 0 else -1 for j in owner], np.int64)
    born = np.flatnonzero(ids < 0)
    ids[born] = np.arange(next_id, next_id + len(born))

    seen = [
        _updated(instances, i, cells, tracks[j] if j >= 0 else None, int(ids[i]), time_s)
        for i, j in enumerate(owner)
    ]
    matched = set(owner)
    lost = [t for j, t in enumerate(tracks) if j not in matched]
    state = TrackState((*seen, *lost), frame_hw, time_s, next_id + len(born))
    return instances.with_track_ids(ids), state


def _keep_s(track: Track, options: TrackOptions) -> float:
    if track.hits >= SETTLED_HITS:
        return options.keep_lost_s
    return min(BRIEF_KEEP_S, options.keep_lost_s)


def _stride(labels: UInt8Array) -> int:
    return max(1, round(int(max(labels.shape)) / MASK_LONG_SIDE))


def _reduced(labels: UInt8Array) -> UInt8Array:
    stride = _stride(labels)
    return np.ascontiguousarray(labels[stride // 2 :: stride, stride // 2 :: stride])


def _assign(
    instances: Instances,
    cells: UInt8Array,
    tracks: tuple[Track, ...],
    time_s: float,
    min_iou: float,
) -> list[int]:
    """For each person the index of its track, or -1."""
    owner = [-1] * len(instances)
    if not tracks or not len(instances):
        return owner
    affinity = _affinities(instances, cells, tracks, time_s)
    unseen_s = np.array([time_s - t.seen_at_s for t in tracks])
    fresh = unseen_s <= max(RECENT_S, float(unseen_s.min()))
    for stage in (fresh, ~fresh):
        rows = np.array([i for i, j in enumerate(owner) if j < 0], np.int64)
        columns = np.flatnonzero(stage)
        if not len(rows) or not len(columns):
            continue
        allowed = affinity[np.ix_(rows, columns)]
        allowed = np.where(allowed >= min_iou, allowed, 0.0)
        for r, c in zip(*linear_sum_assignment(allowed, maximize=True), strict=True):
            if allowed[r, c] > 0:
                owner[rows[r]] = int(columns[c])
    return owner


def _affinities(
    instances: Instances, cells: UInt8Array, tracks: tuple[Track, ...], time_s: float
) -> Float32Array:
    """(people, tracks) in [0, 1]: mean of mask and box overlap, or the box's alone.

    The box alone counts where it says more: a person coming out from behind another has
    few pixels in common with what was seen of them before.
    """
    moves = np.stack([_coasted(t, time_s) for t in tracks])  # (T, 2)
    last_boxes = np.stack([t.box_xyxy for t in tracks])
    moved = _box_iou(instances.boxes_xyxy, last_boxes + np.tile(moves, 2))
    rested = _box_iou(instances.boxes_xyxy, last_boxes)
    unseen = np.array([time_s - t.seen_at_s > RECENT_S for t in tracks])
    boxes = np.where(unseen, np.maximum(moved, rested), moved)
    moves_yx = np.rint(moves[:, ::-1] / _stride(instances.labels)).astype(np.int64)
    masks = _mask_iou(cells, len(instances), tracks, moves_yx)
    both = (masks + boxes) / 2
    return np.where(unseen, np.maximum(both, boxes), both).astype(np.float32)


def _coasted(track: Track, time_s: float) -> Float32Array:
    """Pixels (x, y) that the track has moved since it was seen, slowing down."""
    travelled_s = COAST_S * (1 - np.exp(-(time_s - track.seen_at_s) / COAST_S))
    return np.asarray(track.velocity_xy * travelled_s, np.float32)


def _box_iou(a_xyxy: Float32Array, b_xyxy: Float32Array) -> Float32Array:
    """(A, 4), (B, 4) → (A, B) intersection over union; 0 where a box is empty."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)  # (A, B)
    area_a = np.prod(np.maximum(a_xyxy[:, 2:] - a_xyxy[:, :2], 0), axis=1)
    area_b = np.prod(np.maximum(b_xyxy[:, 2:] - b_xyxy[:, :2], 0), axis=1)
    union = area_a[:, None] + area_b[None, :] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def _mask_iou(
    cells: UInt8Array, people: int, tracks: tuple[Track, ...], moves_yx: Int64Array
) -> Float32Array:
    """(people, T) overlap of these masks with each track's, moved by (T, 2) cells."""
    areas = np.bincount(cells.ravel(), minlength=people + 1)[1:]
    iou = np.zeros((people, len(tracks)), np.float32)
    for j, t in enumerate(tracks):
        top, left = t.mask_yx[0] + moves_yx[j, 0], t.mask_yx[1] + moves_yx[j, 1]
        bottom, right = top + t.mask.shape[0], left + t.mask.shape[1]
        if bottom <= 0 or right <= 0:
            continue
        window = cells[max(top, 0) : bottom, max(left, 0) : right]
        mask = t.mask[max(-top, 0) :, max(-left, 0) :][: window.shape[0], : window.shape[1]]
        shared = np.bincount(window[mask], minlength=people + 1)[1:]
        iou[:, j] = shared / np.maximum(areas + t.area - shared, 1)
    return iou


def _updated(
    instances: Instances,
    i: int,
    cells: UInt8Array,
    before: Track | None,
    track_id: int,
    time_s: float,
) -> Track:
    box = instances.boxes_xyxy[i].copy()
    mask, mask_yx = _crop(cells, i + 1, box, _stride(instances.labels))
    velocity = np.zeros(2, np.float32)
    if before is not None:
        step_s = time_s - before.seen_at_s
        if step_s <= 0:
            velocity = before.velocity_xy
        elif step_s <= MAX_STEP_S:
            moved = (box[:2] + box[2:] - before.box_xyxy[:2] - before.box_xyxy[2:]) / 2
            surprise = moved / np.float32(step_s) - before.velocity_xy
            velocity = before.velocity_xy + np.float32(VELOCITY_GAIN) * surprise
    hits = 1 if before is None else before.hits + 1
    area = int(np.count_nonzero(mask))
    return Track(track_id, box, velocity, mask, mask_yx, area, time_s, hits)


def _crop(
    cells: UInt8Array, label: int, box_xyxy: Float32Array, stride: int
) -> tuple[BoolArray, tuple[int, int]]:
    """The mask cut out around the person, and where it lies.

    The predicted box may be smaller than the mask, so a margin of half its size is kept;
    what reaches beyond that does not matter for an overlap.
    """
    x0, y0, x1, y1 = (float(v) / stride for v in box_xyxy)
    margin_x, margin_y = (x1 - x0) / 2 + 1, (y1 - y0) / 2 + 1
    top, left = max(int(y0 - margin_y), 0), max(int(x0 - margin_x), 0)
    bottom, right = int(y1 + margin_y) + 1, int(x1 + margin_x) + 1
    return cells[top:bottom, left:right] == label, (top, left)
