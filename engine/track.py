"""Identities that stay with their people from frame to frame.

`track` is pure: the memory goes in as a `TrackState` and a new one comes out. Every
person counted gets an id, from 1 upwards, never handed out twice within one chain
of states. What may match is decided by the overlap of masks, moved along with each
track's own motion, and of boxes; who matches whom by the Hungarian method, first among
the people seen a moment ago, then, for whoever is left, among those out of sight, and at
last among those who may come out from behind somebody; of those out of sight nobody is taken
who looked different.

A piece that breaks out of somebody's mask must last for a few frames before it counts
as another person; until then it stays part of the person it came from. Only labels of
the present frame are joined: no mask is ever taken from an earlier picture.

Who has been tracked for a few frames stays while the score dips below what a newcomer needs.
Newcomers wait for a moment before they count; where a picture does not go on from the one
before, everybody counts at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from engine.config import TrackOptions
from engine.tracking.affinity import RECENT_S, Overlap, coasted, overlap_of
from engine.tracking.hidden import in_front, is_hidden, may_be
from engine.tracking.looks import likeness, looks_of, remembered
from engine.tracking.memory import NO_ID, SETTLED_HITS, Looks, Track, TrackState
from engine.tracking.newcomers import waiting
from engine.tracking.overlap import crop, reduced, stride_of
from engine.tracking.reappear import reappearance
from engine.tracking.regroup import regroup
from engine.tracking.splits import find_pieces
from engine.types import BoolArray, Float32Array, Instances, UInt8Array

__all__ = ["TrackState", "track"]

BRIEF_KEEP_S = 0.3
"""Tracks that never settled are forgotten after this, so that one false alarm cannot lend
its identity to somebody else much later."""

BOX_GAIN = 0.6
"""Share of the newly measured box in a track's box; the rest is what was expected."""

VELOCITY_GAIN = 0.3
"""Share of each frame's surprise that goes into a track's velocity."""

WIDTH_MEMORY_S = 4.0
"""Time constant, seconds, with which the width of a person half hidden is forgotten."""

MAX_STEP_S = 1.0
"""After a longer pause between two frames velocities mean nothing and are zeroed; up to
it, a person seen in the frame before is looked for even where `keep_lost_s` is less."""


def track(
    instances: Instances,
    state: TrackState | None,
    time_s: float,
    options: TrackOptions,
    min_score: float = 0.0,
    image_bgr: UInt8Array | None = None,
) -> tuple[Instances, TrackState]:
    """Give the people of one frame their identities.

    state: what the call for the previous frame returned, None to begin at id 1. When
    time runs backwards (a seek, a loop) or the frame size changes, all tracks end and
    new ids go on counting; so do jumps forward beyond `keep_lost_s` and `MAX_STEP_S`.
    With `options.enabled` False the people keep id -1 and all tracks end. The same time
    twice (a paused picture) matches the picture against itself and moves nothing.
    min_score: who is less sure leaves, unless seen a moment ago and in `SETTLED_HITS` frames.
    image_bgr: (H, W, 3) the frame, in which people's looks are compared; None to leave that out.

    Returns the people, fewer than came in where pieces were joined, somebody left or does not
    count yet, and the new state.
    """
    frame_hw = (instances.labels.shape[0], instances.labels.shape[1])
    next_id = state.next_id if state is not None else 1
    if not options.enabled:
        nobody = np.full(len(instances), -1, np.int64)
        ended = TrackState((), frame_hw, time_s, next_id, goes_on=False)
        return instances.with_track_ids(nobody), ended
    tracks: tuple[Track, ...] = ()
    if state is not None and time_s >= state.time_s and frame_hw == state.frame_hw:
        tracks = tuple(t for t in state.tracks if _waits(t, state, time_s, options))

    seen = _Seen.of(instances, image_bgr)
    owner: list[int] = [-1] * len(instances)
    pieces: dict[int, int] = {}
    sure = instances.scores >= min_score
    if state is not None and tracks and len(instances):
        overlap = overlap_of(instances, seen.cells, tracks, time_s)
        just_seen = np.array([_was_just_seen(t, state.time_s, time_s) for t in tracks])
        late = np.array([_is_late(t, state.time_s, time_s, options) for t in tracks])
        owner, tracks, pieces = _assign(
            seen, sure, overlap, tracks, just_seen, late, time_s, options.min_iou
        )
    free = sure.copy()
    free[list(pieces)] = False
    new = waiting(owner, free, tracks, state, frame_hw, time_s, options.confirm_s)
    candidates = [_updated(seen, i, _owned(tracks, owner[i]), NO_ID, time_s) for i in new]
    unwanted = [*(i for i, j in enumerate(owner) if j < 0 and not sure[i]), *new]
    if pieces or unwanted:
        instances, owner = regroup(instances, owner, pieces, unwanted)
        seen = _Seen.of(instances, image_bgr)

    ids = np.array([tracks[j].track_id if j >= 0 else NO_ID for j in owner], np.int64)
    born = np.flatnonzero(ids == NO_ID)
    ids[born] = np.arange(next_id, next_id + len(born))
    counted = [
        _updated(seen, i, _owned(tracks, j), int(ids[i]), time_s) for i, j in enumerate(owner)
    ]
    matched = set(owner)
    lost = [t for j, t in enumerate(tracks) if j not in matched and t.track_id != NO_ID]
    if state is not None:
        lost = [_gone(t, state.time_s, counted) for t in lost]
    state = TrackState((*counted, *candidates, *lost), frame_hw, time_s, next_id + len(born))
    return instances.with_track_ids(ids), state


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The people of a frame, their labels reduced, and what they look like."""

    people: Instances
    cells: UInt8Array
    looks: list[Looks | None]

    @classmethod
    def of(cls, people: Instances, image_bgr: UInt8Array | None) -> _Seen:
        cells = reduced(people.labels)
        return cls(people, cells, looks_of(image_bgr, cells, len(people)))


def _waits(track: Track, state: TrackState, time_s: float, options: TrackOptions) -> bool:
    """Whether the track may still be matched."""
    if not _is_late(track, state.time_s, time_s, options):
        return True
    if time_s - state.time_s > MAX_STEP_S or not is_hidden(track, state):
        return False
    return track.hits >= SETTLED_HITS and time_s - track.seen_at_s <= options.keep_hidden_s


def _is_late(track: Track, before_s: float, time_s: float, options: TrackOptions) -> bool:
    """Whether the track is unseen for longer than anybody is waited for who is not hidden: one
    seen just before whatever the options say, unless the pause was long; one out of sight as
    long as they say."""
    keep_s = options.keep_lost_s
    if track.seen_at_s == before_s:
        keep_s = max(keep_s, MAX_STEP_S)
    elif track.hits < SETTLED_HITS:
        keep_s = min(keep_s, BRIEF_KEEP_S)
    return time_s - track.seen_at_s > keep_s


def _gone(track: Track, before_s: float, in_sight: list[Track]) -> Track:
    """Somebody out of sight; behind whom is decided in the first frame without them."""
    if track.seen_at_s != before_s:
        return track
    return replace(track, behind=in_front(track, in_sight))


def _was_just_seen(track: Track, before_s: float, time_s: float) -> bool:
    return track.seen_at_s == before_s or time_s - track.seen_at_s <= RECENT_S


def _assign(
    seen: _Seen,
    sure: BoolArray,
    overlap: Overlap,
    tracks: tuple[Track, ...],
    just_seen: BoolArray,
    late: BoolArray,
    time_s: float,
    min_iou: float,
) -> tuple[list[int], tuple[Track, ...], dict[int, int]]:
    """For each person the index of its track or -1, the tracks, and the pieces."""
    alike = np.ones_like(overlap.affinity)
    away = np.flatnonzero(~just_seen)
    alike[:, away] = likeness(seen.looks, [tracks[j] for j in away])
    for j in np.flatnonzero(late):
        alike[:, j] = may_be(seen.looks, tracks[j], tracks)
    affinity = overlap.affinity * alike
    affinity = np.where(affinity >= min_iou, affinity, 0.0)
    unseen_s = np.array([time_s - t.seen_at_s for t in tracks])
    fresh = unseen_s <= max(RECENT_S, float(unseen_s.min()))
    # These stay with somebody less sure than a newcomer may be.
    steady = just_seen & np.array([t.hits >= SETTLED_HITS for t in tracks])
    owner = [-1] * len(affinity)
    certain = np.where(sure[:, None], affinity, 0.0)
    _match(certain, fresh, owner)
    _match(affinity, fresh & steady, owner)  # none of the sure is left who could match
    newcomers = [i for i, j in enumerate(owner) if j < 0 and sure[i]]
    tracks, pieces = find_pieces(overlap.inside, newcomers, owner, tracks, time_s)
    free = sure.copy()
    free[list(pieces)] = False
    _match(np.where(free[:, None], affinity, 0.0), ~fresh, owner)
    fits = alike * _reappearance(seen.people.boxes_xyxy, owner, tracks, fresh, late)
    _match(np.where(free[:, None], fits, 0.0), ~fresh, owner)
    return owner, tracks, pieces


def _match(affinity: Float32Array, stage: BoolArray, owner: list[int]) -> None:
    """Give free people, -1 in `owner`, the free tracks of the stage, best sum first."""
    rows = np.array([i for i, j in enumerate(owner) if j < 0], np.int64)
    columns = np.array([j for j in np.flatnonzero(stage) if j not in owner], np.int64)
    if not len(rows) or not len(columns):
        return
    free = affinity[np.ix_(rows, columns)]
    for r, c in zip(*linear_sum_assignment(free, maximize=True), strict=True):
        if free[r, c] > 0:
            owner[rows[r]] = int(columns[c])


def _reappearance(
    boxes_xyxy: Float32Array,
    owner: list[int],
    tracks: tuple[Track, ...],
    fresh: BoolArray,
    late: BoolArray,
) -> Float32Array:
    """(people, tracks): how well people without a track fit tracks out of sight."""
    fits = np.zeros((len(owner), len(tracks)), np.float32)
    found = np.array([i for i, j in enumerate(owner) if j < 0], np.int64)
    known = np.array([i for i, j in enumerate(owner) if j >= 0], np.int64)
    gone = [j for j in np.flatnonzero(~fresh) if j not in owner]
    lost = [tracks[j] for j in gone]
    fits[np.ix_(found, np.array(gone, np.int64))] = reappearance(
        boxes_xyxy[found], lost, boxes_xyxy[known], late[gone]
    )
    return fits


def _owned(tracks: tuple[Track, ...], owner: int) -> Track | None:
    return tracks[owner] if owner >= 0 else None


def _updated(seen: _Seen, i: int, before: Track | None, track_id: int, time_s: float) -> Track:
    box = seen.people.boxes_xyxy[i].copy()
    mask, mask_yx = crop(seen.cells, i + 1, box, stride_of(seen.people.labels))
    area = int(np.count_nonzero(mask))
    width_px = float(box[2] - box[0])
    if before is None:
        rest = np.zeros(2, np.float32)
        track = Track(track_id, box, rest, width_px, mask, mask_yx, area, time_s, time_s, 1)
        return replace(track, looks=seen.looks[i])
    velocity = np.zeros(2, np.float32)
    step_s = time_s - before.seen_at_s
    if step_s <= 0:
        velocity = before.velocity_xy
    elif step_s <= MAX_STEP_S:
        expected = before.box_xyxy + np.tile(coasted(before, time_s), 2)
        box = BOX_GAIN * box + np.float32(1 - BOX_GAIN) * expected
        moved = (box[:2] + box[2:] - before.box_xyxy[:2] - before.box_xyxy[2:]) / 2
        surprise = moved / np.float32(step_s) - before.velocity_xy
        velocity = before.velocity_xy + np.float32(VELOCITY_GAIN) * surprise
    return replace(
        before,
        track_id=track_id,
        box_xyxy=np.asarray(box, np.float32),
        velocity_xy=np.asarray(velocity, np.float32),
        width_px=max(width_px, before.width_px * math.exp(-max(step_s, 0.0) / WIDTH_MEMORY_S)),
        mask=mask,
        mask_yx=mask_yx,
        area=area,
        seen_at_s=time_s,
        hits=before.hits + 1,
        behind=NO_ID,
        looks=remembered(before.looks, seen.looks[i], width_px / max(before.width_px, 1.0)),
    )
