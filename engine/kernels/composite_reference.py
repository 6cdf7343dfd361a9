"""Compositing in plain NumPy: what the fast kernels must agree with, to the last bit.

All blending is integer: `blend(a, b, w) = (a·(256 − w) + b·w + 128) >> 8` with weights
from 0 to 256, so that every implementation can give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.types import BoolArray, UInt8Array

UInt16Array = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How each value of a label image is drawn; row 0 is nobody.

    tint_bgr: (256, 3) uint8. tint_weight: (256,) uint16, 0 to 256, 0 for nobody.
    line_bgr: (256, 3) uint8, colour of the outline. has_line: (256,) bool, who has one.
    line_weight, ring_weight: (256,) uint16, 0 to 256, by edge density: of the outline,
    and of the dark ring around it that keeps it readable on a ground of its own colour.
    """

    tint_bgr: UInt8Array
    tint_weight: UInt16Array
    line_bgr: UInt8Array
    has_line: BoolArray
    line_weight: UInt16Array
    ring_weight: UInt16Array


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """Where outlines run.

    density: (H, W) uint8, contour pixels in the window around each pixel, 0 is no line.
    near: (H, W) uint8, a label with an outline in that window, for pixels that have none
    of their own.
    """

    density: UInt8Array
    near: UInt8Array


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """A second picture that replaces parts of the first.

    image_bgr: (H, W, 3) uint8. alpha: (H, W) uint8, 0 keeps the frame, 255 covers it.
    """

    image_bgr: UInt8Array
    alpha: UInt8Array


def composite(
    image_bgr: UInt8Array,
    labels: UInt8Array,
    look: Look,
    contours: Contours | None,
    cover: Cover | None,
    out: UInt8Array,
) -> None:
    """Tint people, lay the cover over, draw ring and outline, into `out` (H, W, 3) uint8."""
    picture = _blend(image_bgr, look.tint_bgr[labels], look.tint_weight[labels])
    if cover is not None:
        weight = cover.alpha.astype(np.uint16) + (cover.alpha >> 7)
        picture = _blend(picture, cover.image_bgr, weight)
    if contours is not None:
        picture = _blend(picture, np.zeros_like(picture), look.ring_weight[contours.density])
        line = look.line_bgr[np.where(look.has_line[labels], labels, contours.near)]
        picture = _blend(picture, line, look.line_weight[contours.density])
    np.copyto(out, picture)


def _blend(under: UInt8Array, over: UInt8Array, weight: UInt16Array) -> UInt8Array:
    w = weight[..., None].astype(np.uint32)
    return ((under * (256 - w) + over * w + 128) >> 8).astype(np.uint8)
