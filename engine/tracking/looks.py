"""What people look like, to tell who comes into sight from those who went out of it.

The colours of a person on the grid on which masks are compared: how many cells have which, not
where, as somebody may be half hidden. Two people in dark clothes look alike, so looks make nobody
the same as anybody; they speak against it. Nothing is said where too little of somebody is seen or
where the light changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engine.tracking.memory import Looks, Track
from engine.tracking.overlap import stride_of
from engine.types import Float32Array, UInt8Array

LIGHTS, TINTS, TINT_STEP = 5, 7, 12
"""Of Lab: levels of lightness, and levels of each tint, so many of 256 wide but for the outer ones,
which have no end."""

COLOURS = LIGHTS * TINTS * TINTS

MIN_CELLS = 24
"""Of fewer cells nobody can tell what somebody looks like."""

GAIN = 0.1
"""Share of each frame's looks in what is remembered of somebody in sight in full."""

UNLIKE, ALIKE = 0.6, 0.8
"""Likeness up to which two are not the same person, and from which nothing speaks against it. On
the clips of `docs/identity_truth.py` people are 0.6 or less like themselves half a second to three
seconds before in 0.8 % of all frames, other people in 66 %."""

SAME_LIGHT = 0.9
"""Likeness of what is around people from which the light is the same: 0.94 and more over three
seconds, also while a camera turns, and less where the light loses a fifth."""


def looks_of(image_bgr: UInt8Array | None, cells: UInt8Array, people: int) -> list[Looks | None]:
    """Of everybody in a frame; None where it is not known.

    image_bgr: (H, W, 3) the frame, None where nobody's looks matter. cells: its labels, reduced.
    """
    if image_bgr is None or not cells.size:  # of a picture a few pixels high there are no cells
        return [None] * people
    codes = cells.astype(np.int64) * COLOURS + _colours(image_bgr)
    counts = np.bincount(codes.ravel(), minlength=(people + 1) * COLOURS).reshape(-1, COLOURS)
    sizes = counts.sum(axis=1)
    known = (sizes >= MIN_CELLS) & (sizes[0] >= MIN_CELLS)
    # Roots of the shares: the product of two rows is their Bhattacharyya coefficient.
    roots = np.sqrt(counts / np.maximum(sizes, 1)[:, None]).astype(np.float32)
    return [Looks(roots[i], roots[0]) if known[i] else None for i in range(1, people + 1)]


def remembered(before: Looks | None, now: Looks | None, share: float) -> Looks | None:
    """What is known of somebody after a frame; share: how much of them it shows, by width."""
    if before is None or now is None:
        return before if now is None else now
    gain = np.float32(GAIN * min(share, 1.0))
    mixed = (1 - gain) * before.colours**2 + gain * now.colours**2
    return Looks(np.asarray(np.sqrt(mixed), np.float32), now.room)


def likeness(found: Sequence[Looks | None], tracks: Sequence[Track]) -> Float32Array:
    """(people, tracks) in [0, 1]: 0 they cannot be the same, 1 nothing speaks against it."""
    result = np.ones((len(found), len(tracks)), np.float32)
    for i, now in enumerate(found):
        for j, track in enumerate(tracks):
            if (alike := _alike(now, track.looks)) is not None:
                result[i, j] = min(max((alike - UNLIKE) / (ALIKE - UNLIKE), 0.0), 1.0)
    return result


def agree(now: Looks | None, hidden: Looks | None, front: Looks | None) -> bool:
    """Whether it is known that somebody looks like one who was hidden, and less like whoever
    stood in front: where two alike were taken for one, that one may be who comes out."""
    alike, other = _alike(now, hidden), _alike(now, front)
    return alike is not None and other is not None and alike >= ALIKE and alike > other


def _alike(now: Looks | None, before: Looks | None) -> float | None:
    """Bhattacharyya coefficient; None where looks say nothing."""
    if now is None or before is None or float(now.room @ before.room) < SAME_LIGHT:
        return None
    return float(now.colours @ before.colours)


def _colours(image_bgr: UInt8Array) -> UInt8Array:
    """The colour of each cell, as a number below `COLOURS`."""
    stride = stride_of(image_bgr[..., 0])
    sampled = np.ascontiguousarray(image_bgr[stride // 2 :: stride, stride // 2 :: stride])
    parts = cv2.LUT(cv2.cvtColor(sampled, cv2.COLOR_BGR2LAB), _PARTS)
    return np.asarray(parts[..., 0] + parts[..., 1] + parts[..., 2], np.uint8)


def _parts() -> UInt8Array:
    """(1, 256, 3): what each value of L, a and b adds to the number of the colour."""
    levels = np.arange(256)
    lights = levels * LIGHTS // 256
    tints = np.clip((levels - 128 + TINT_STEP * TINTS // 2) // TINT_STEP, 0, TINTS - 1)
    parts = np.stack([lights * TINTS**2, tints * TINTS, tints], axis=1)
    return parts.astype(np.uint8)[None]


_PARTS = _parts()
