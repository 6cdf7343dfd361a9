"""Pieces that break out of a person: joined again unless they last."""

from __future__ import annotations

from dataclasses import replace

from engine.tracking.memory import SETTLED_HITS, Track
from engine.types import Float32Array

SPLIT_SHARE = 0.6
"""A newcomer with this share of its mask inside somebody's expected mask is a piece."""

SPLIT_FRAMES = 3
SPLIT_S = 0.2
"""A piece becomes a person in its own right after so many frames or seconds."""


def find_pieces(
    inside: Float32Array,
    newcomers: list[int],
    owner: list[int],
    tracks: tuple[Track, ...],
    time_s: float,
) -> tuple[tuple[Track, ...], dict[int, int]]:
    """Newcomers that are pieces of somebody, person → person they belong to, and the
    tracks with their splits counted."""
    person_of = {j: i for i, j in enumerate(owner) if j >= 0}
    counted = list(tracks)
    breaking: set[int] = set()
    pieces: dict[int, int] = {}
    for i in newcomers if person_of else ():
        j = max(person_of, key=lambda j: float(inside[i, j]))
        track = tracks[j]
        if inside[i, j] < SPLIT_SHARE or track.hits < SETTLED_HITS:
            continue
        breaking.add(j)
        since_s = track.split_since_s if track.split_frames else time_s
        frames = track.split_frames + 1
        counted[j] = replace(track, split_frames=frames, split_since_s=since_s)
        if frames < SPLIT_FRAMES and time_s - since_s < SPLIT_S:
            pieces[i] = person_of[j]
    calm = (
        t if j in breaking or not t.split_frames else replace(t, split_frames=0)
        for j, t in enumerate(counted)
    )
    return tuple(calm), pieces
