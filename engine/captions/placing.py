"""Where the chips of a picture lie: at the head, on the chest or at the feet of their people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.captions.chips import Caption, Chip, chip_size, text_size
from engine.captions.following import Followed, follow
from engine.captions.remembering import remembered, renamed
from engine.captions.stance import Stance, stances
from engine.lettering import text_mask
from engine.settling import Inertia, Settled, settle
from engine.styles import Typesetter
from engine.types import Float64Array, Instances, Int64Array

RANK_COST = np.array([0.0, 0.1, 0.2])
"""What it costs a chip not to have its best place, in shares of its area covered."""

INERTIA = Inertia(least_gain=0.05, patience=0.3)
"""Least gain below the steps of `RANK_COST`: in the end a chip comes back to its best place."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What a chip hangs on: a `Stance` without its trembling."""

    head_x: Followed
    top: Followed
    bottom: Followed


@dataclass(frozen=True, slots=True)
class _Kept:
    """The chip of one person in the frame of `seen_at_s`."""

    spot: Settled
    anchor: _Anchor
    seen_at_s: float


@dataclass(frozen=True, slots=True)
class CaptionState:
    """Where chips were, for the frame after. by_id: by track id."""

    frame_hw: tuple[int, int]
    by_id: Mapping[int, _Kept]

    def renamed(self, name: Callable[[int], int]) -> CaptionState:
        """With every id as `name` calls it."""
        return CaptionState(self.frame_hw, renamed(self.by_id, name))


def place_captions(
    people: Instances,
    captions: list[Caption],
    time_s: float = 0.0,
    before: CaptionState | None = None,
    typesetter: Typesetter | None = None,
) -> tuple[list[Chip], CaptionState]:
    """The chips, and the state for the next frame.

    Above the head, or lower where that would be cut off or hide somebody's head or another
    chip. before: what the call for the frame before returned, None to place all of them anew.
    A chip then stays at the spot it had until another has been better for a while, and does
    not tremble with the mask. One that is not remembered (`engine.captions.remembering`) is
    placed anew, and so are all where the frame has another size.
    """
    frame_hw = (people.labels.shape[0], people.labels.shape[1])
    if before is not None and before.frame_hw != frame_hw:
        before = None
    kept = remembered(before.by_id, time_s) if before is not None else {}
    if not captions:
        return [], CaptionState(frame_hw, kept)
    text_px = text_size(frame_hw[0])
    standing = stances(people)
    crowd = _Crowd(standing, len(captions))
    chips = []
    for caption in captions:
        stance = standing[caption.person]
        if stance is None:
            continue
        who_mask = text_mask(caption.who, text_px, bold=True, typesetter=typesetter)
        score_mask = text_mask(caption.score_text, text_px)
        chip_wh = chip_size(who_mask, score_mask, text_px)
        had = kept.get(caption.track_id)
        step_s = time_s - had.seen_at_s if had is not None else 0.0
        anchor = _anchor(stance, had.anchor if had is not None else None, step_s, text_px)
        spots = _spots(chip_wh, anchor, frame_hw, text_px)
        costs = crowd.shares_covered(spots) + RANK_COST
        spot = settle(costs.tolist(), had.spot if had is not None else None, step_s, INERTIA)
        if caption.track_id > 0:
            kept[caption.track_id] = _Kept(spot, anchor, time_s)
        crowd.add(spots[spot.place])
        left, top, right, bottom = spots[spot.place].tolist()
        chips.append(Chip((left, top, right, bottom), who_mask, score_mask, caption.colour_bgr))
    return chips, CaptionState(frame_hw, kept)


class _Crowd:
    """What chips should keep off: every head, and twice as much the chips placed so far."""

    def __init__(self, standing: list[Stance | None], most_chips: int) -> None:
        heads = [(0, 0, 0, 0) if stance is None else stance.head_xyxy for stance in standing]
        self._boxes = np.array([*heads, *[(0, 0, 0, 0)] * most_chips], np.int64)
        self._weights = np.repeat((1, 2), (len(heads), most_chips))
        self._count = len(heads)

    def add(self, chip_xyxy: Int64Array) -> None:
        """One more chip is placed."""
        self._boxes[self._count] = chip_xyxy
        self._count += 1

    def shares_covered(self, spots: Int64Array) -> Float64Array:
        """(S, 4) boxes of one size → (S,): how much of it each would cover."""
        width, height = spots[0, 2:] - spots[0, :2]
        return np.asarray(_overlaps(spots, self._boxes) @ self._weights / (width * height))


def _anchor(stance: Stance, before: _Anchor | None, step_s: float, text_px: int) -> _Anchor:
    targets = (stance.head_x, stance.top, stance.bottom)
    olds = (None, None, None) if before is None else (before.head_x, before.top, before.bottom)
    return _Anchor(*(follow(t, o, step_s, text_px) for t, o in zip(targets, olds, strict=True)))


def _spots(
    chip_wh: tuple[int, int], anchor: _Anchor, frame_hw: tuple[int, int], text_px: int
) -> Int64Array:
    """(3, 4) boxes, best first: above the head, on the chest, at the feet."""
    chip_w, chip_h = chip_wh
    height, width = frame_hw
    gap = text_px // 3
    head_x, head_top, bottom = (round(f.at) for f in (anchor.head_x, anchor.top, anchor.bottom))
    left = max(gap, min(head_x - chip_w // 2, width - chip_w - gap))
    chest = head_top + round((bottom - head_top) * 0.55)
    wanted = (head_top - chip_h - gap, chest, bottom - chip_h - gap)
    tops = [max(gap, min(top, height - chip_h - gap)) for top in wanted]
    return np.array([(left, top, left + chip_w, top + chip_h) for top in tops], np.int64)


def _overlaps(spots: Int64Array, others: Int64Array) -> Int64Array:
    """(S, 4), (N, 4) → (S, N) pixels that each spot shares with each other."""
    low = np.maximum(spots[:, None, :2], others[None, :, :2])
    high = np.minimum(spots[:, None, 2:], others[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.int64)
