"""Label chips: a person's name or id and confidence on a rounded patch of their colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from engine.kernels import on_cpu
from engine.palette import text_colour_on
from engine.types import UInt8Array

TEXT_SHARE = 0.024
"""Font size as a share of the picture's height."""

MIN_TEXT_PX = 11
SHADOW_ALPHA = 0.35
CORNER_SHARE = 0.3
"""Radius of a chip's corners as a share of its height."""


@dataclass(frozen=True, slots=True, eq=False)
class Caption:
    """What one chip says, and on which colour. person: index into the `Instances`.

    track_id: under which its place is remembered, -1 for not at all. who: name or id, "" for
    neither.
    """

    person: int
    track_id: int
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


def text_size(frame_height: int) -> int:
    """Height of letters in a picture of that height, both in pixels."""
    return max(MIN_TEXT_PX, round(frame_height * TEXT_SHARE))


def chip_size(who_mask: UInt8Array, score_mask: UInt8Array, text_px: int) -> tuple[int, int]:
    """Width and height of a chip with these two on it."""
    gap = round(text_px * 0.4) if who_mask.shape[1] and score_mask.shape[1] else 0
    inner = who_mask.shape[1] + gap + score_mask.shape[1]
    return inner + 2 * round(text_px * 0.5), round(text_px * 1.5)


def draw_chips(out: UInt8Array, chips: Iterable[Chip]) -> None:
    """Draw into the picture `out`, (H, W, 3) uint8, for which they were placed."""
    text_px = text_size(out.shape[0])
    for chip in chips:
        _draw_chip(out, chip, text_px)


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
