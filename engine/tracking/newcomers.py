"""Whoever has just come counts when found for a moment: false alarms seldom last that long."""

from __future__ import annotations

from collections.abc import Sequence

from engine.tracking.memory import NO_ID, Track, TrackState
from engine.types import BoolArray

FOLLOWS_S = 0.3
"""After a longer pause between two frames nobody can tell who has just come."""


def waiting(
    owner: Sequence[int],
    free: BoolArray,
    tracks: tuple[Track, ...],
    state: TrackState | None,
    frame_hw: tuple[int, int],
    time_s: float,
    confirm_s: float,
) -> list[int]:
    """The people of a frame who are not counted yet.

    owner: for each person the index of its track or -1. free: who may be somebody new. state:
    of the frame before. Nobody waits where this frame does not go on from that one, nor where
    none of the people counted there is found again: then it is another scene.
    """
    if confirm_s == 0 or state is None or not _follows(state, frame_hw, time_s):
        return []
    there = {j for j, t in enumerate(tracks) if t.track_id != NO_ID and t.seen_at_s == state.time_s}
    if there and there.isdisjoint(owner):
        return []
    return [i for i, j in enumerate(owner) if free[i] and _is_new(tracks, j, time_s, confirm_s)]


def _follows(state: TrackState, frame_hw: tuple[int, int], time_s: float) -> bool:
    pause_s = time_s - state.time_s
    return state.goes_on and frame_hw == state.frame_hw and 0.0 <= pause_s <= FOLLOWS_S


def _is_new(tracks: tuple[Track, ...], owner: int, time_s: float, confirm_s: float) -> bool:
    if owner < 0:
        return True
    track = tracks[owner]
    return track.track_id == NO_ID and time_s - track.since_s < confirm_s
