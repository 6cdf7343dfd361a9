"""Label chips: a person's name or id and confidence on a rounded patch of their colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from engine.kernels import on_cpu
from engine.lettering import text_mask
from engine.palette import text_colour_on
from engine.styles import Typesetter
from engine.types import Instances, Int64Array, UInt8Array

TEXT_SHARE = 0.024
"""Font size as a share of the picture's height."""

MIN_TEXT_PX = 11
PROFILE_ROWS = 240
"""About so many rows are looked at to see where people stand, whatever the picture's height."""

SHADOW_ALPHA = 0.35
CORNER_SHARE = 0.3
"""Radius of a chip's corners as a share of its height."""

RANK_COST = np.array([0.0, 0.1, 0.2])
"""What it costs a chip not to have its best place, in shares of its area covered."""

HEAD_SHARE = 0.3
"""The upper part of a person that chips keep off, as a share of the height."""


@dataclass(frozen=True, slots=True, eq=False)
class Caption:
    """What one chip says, and on which colour. person: index into the `Instances`.

    who: name or id, "" for neither.
    """

    person: int
    who: str
    score_text: str
    colour_bgr: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """A chip in its place. xyxy: without its shadow, end-exclusive; may leave the picture."""

    xyxy: tuple[int, int, int, int]
    who_mask: UInt8Array
    score_mask: UInt8Array
    colour_bgr: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Stance:
    """Where a person stands: rows of the mask, column of the head, box of the head."""

    top: int
    bottom: int
    head_x: int
    head_xyxy: tuple[int, int, int, int]


def draw_captions(
    out: UInt8Array,
    people: Instances,
    captions: list[Caption],
    typesetter: Typesetter | None = None,
) -> None:
    """Draw the chips into `out`, where `place_captions` has them."""
    text_px = _text_px(people)
    for chip in place_captions(people, captions, typesetter):
        _draw_chip(out, chip, text_px)


def place_captions(
    people: Instances, captions: list[Caption], typesetter: Typesetter | None = None
) -> list[Chip]:
    """The chips: above the head, or lower where that would be cut off or hide somebody's head
    or another chip."""
    if not captions:
        return []
    height, width = people.labels.shape
    text_px = _text_px(people)
    stances = _stances(people)
    # What chips should keep off: every head, and twice as much the chips placed so far.
    taken = np.zeros((len(stances) + len(captions), 4), np.int64)
    taken[: len(stances)] = [(0, 0, 0, 0) if s is None else s.head_xyxy for s in stances]
    spots_taken = taken[len(stances) :]
    weights = np.repeat((1, 2), (len(stances), len(captions)))
    chips = []
    for n, caption in enumerate(captions):
        stance = stances[caption.person]
        if stance is None:
            continue
        who_mask = text_mask(caption.who, text_px, bold=True, typesetter=typesetter)
        score_mask = text_mask(caption.score_text, text_px)
        chip_wh = _chip_size(who_mask, score_mask, text_px)
        spots = _spots(chip_wh, stance, (height, width), text_px)
        crowding = _overlaps(spots, taken) @ weights
        cost = crowding / (chip_wh[0] * chip_wh[1]) + RANK_COST
        spots_taken[n] = spots[np.argmin(cost)]
        left, top, right, bottom = spots_taken[n].tolist()
        chips.append(Chip((left, top, right, bottom), who_mask, score_mask, caption.colour_bgr))
    return chips


def _text_px(people: Instances) -> int:
    height: int = people.labels.shape[0]
    return max(MIN_TEXT_PX, round(height * TEXT_SHARE))


def _stances(people: Instances) -> list[_Stance | None]:
    """Per person; None for one without pixels.

    A few stray pixels above the head do not count: the top is where half a percent of
    the mask lies above.
    """
    step = max(1, people.labels.shape[0] // PROFILE_ROWS)
    pixels, columns = on_cpu.kernels().row_profiles(people.labels, len(people), step)
    stances: list[_Stance | None] = []
    for count, column_sum in zip(pixels, columns, strict=True):
        total = int(count.sum())
        if total == 0:
            stances.append(None)
            continue
        below = np.cumsum(count)
        top = int(np.searchsorted(below, 0.005 * total, side="right"))
        bottom = int(np.searchsorted(below, 0.995 * total)) + 1
        head_rows = slice(top, top + max(1, round((bottom - top) * HEAD_SHARE)))
        on_head = max(int(count[head_rows].sum()), 1)
        head_x = int(column_sum[head_rows].sum()) // on_head
        half = on_head * step // (2 * (head_rows.stop - head_rows.start))
        top, bottom, chin = (step * row for row in (top, bottom, head_rows.stop))
        stances.append(_Stance(top, bottom, head_x, (head_x - half, top, head_x + half, chin)))
    return stances


def _spots(
    chip_wh: tuple[int, int], stance: _Stance, frame_hw: tuple[int, int], text_px: int
) -> Int64Array:
    """(3, 4) boxes, best first: above the head, on the chest, at the feet."""
    chip_w, chip_h = chip_wh
    height, width = frame_hw
    gap = text_px // 3
    left = max(gap, min(stance.head_x - chip_w // 2, width - chip_w - gap))
    chest = stance.top + round((stance.bottom - stance.top) * 0.55)
    wanted = (stance.top - chip_h - gap, chest, stance.bottom - chip_h - gap)
    tops = [max(gap, min(top, height - chip_h - gap)) for top in wanted]
    return np.array([(left, top, left + chip_w, top + chip_h) for top in tops], np.int64)


def _overlaps(spots: Int64Array, others: Int64Array) -> Int64Array:
    """(S, 4), (N, 4) → (S, N) pixels that each spot shares with each other."""
    low = np.maximum(spots[:, None, :2], others[None, :, :2])
    high = np.minimum(spots[:, None, 2:], others[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.int64)


def _chip_size(who_mask: UInt8Array, score_mask: UInt8Array, text_px: int) -> tuple[int, int]:
    gap = round(text_px * 0.4) if who_mask.shape[1] and score_mask.shape[1] else 0
    inner = who_mask.shape[1] + gap + score_mask.shape[1]
    return inner + 2 * round(text_px * 0.5), round(text_px * 1.5)


def _draw_chip(out: UInt8Array, chip: Chip, text_px: int) -> None:
    left, top, right, bottom = chip.xyxy
    width, height = right - left, bottom - top
    patch, shadow, rim = _patch_masks(width, height)
    blend_mask = on_cpu.kernels().blend_mask
    blend_mask(out, shadow, top - rim, left - rim, (0, 0, 0))
    blend_mask(out, patch, top, left, chip.colour_bgr)
    ink = text_colour_on(chip.colour_bgr)
    x = left + round(text_px * 0.5)
    for mask in (chip.who_mask, chip.score_mask):
        blend_mask(out, mask, top + (height - mask.shape[0]) // 2, x, ink)
        x += mask.shape[1] + round(text_px * 0.4) * bool(mask.shape[1])


@lru_cache(maxsize=256)
def _patch_masks(width: int, height: int) -> tuple[UInt8Array, UInt8Array, int]:
    """A rounded patch, the shadow under it, and how far that reaches beyond the patch."""
    rim = max(1, height // 16)
    radius = round(height * CORNER_SHARE)
    patch = _rounded(width, height, radius)
    shadow = _rounded(width + 2 * rim, height + 2 * rim, radius + rim)
    return patch, (shadow * SHADOW_ALPHA).astype(np.uint8), rim


def _rounded(width: int, height: int, radius: int) -> UInt8Array:
    """(height, width) uint8 coverage, antialiased by drawing four times as large."""
    big = Image.new("L", (4 * width, 4 * height), 0)
    corners = (0, 0, 4 * width - 1, 4 * height - 1)
    ImageDraw.Draw(big).rounded_rectangle(corners, 4 * radius, fill=255)
    return np.asarray(big.resize((width, height), Image.Resampling.BOX), np.uint8).copy()
