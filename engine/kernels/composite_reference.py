"""Compositing in plain NumPy: what the fast kernels must agree with, to the last bit.

All blending is integer: `blend(a, b, w) = (a·(256 − w) + b·w + 128) >> 8` with weights
from 0 to 256, so that every implementation can give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.kernels.strips import row_strips
from engine.types import BoolArray, Int64Array, UInt8Array

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

    @classmethod
    def none(cls) -> Look:
        """No tint and no line."""
        colours, weights = np.zeros((256, 3), np.uint8), np.zeros(256, np.uint16)
        return cls(colours, weights, colours, np.zeros(256, np.bool_), weights, weights)

    def through(self, new_labels: UInt8Array) -> Look:
        """The look of labels that become these by the table new_labels (256,) uint8."""
        return replace(
            self,
            tint_bgr=self.tint_bgr[new_labels],
            tint_weight=self.tint_weight[new_labels],
            line_bgr=self.line_bgr[new_labels],
            has_line=self.has_line[new_labels],
        )


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
    for rows in row_strips(*labels.shape):
        picture = _blend(
            image_bgr[rows], look.tint_bgr[labels[rows]], look.tint_weight[labels[rows]]
        )
        if cover is not None:
            weight = cover.alpha[rows].astype(np.uint16) + (cover.alpha[rows] >> 7)
            picture = _blend(picture, cover.image_bgr[rows], weight)
        if contours is not None:
            density = contours.density[rows]
            picture = _blend(picture, np.zeros_like(picture), look.ring_weight[density])
            whose = np.where(look.has_line[labels[rows]], labels[rows], contours.near[rows])
            picture = _blend(picture, look.line_bgr[whose], look.line_weight[density])
        out[rows] = picture


def blend_mask(
    out: UInt8Array, mask: UInt8Array, top: int, left: int, colour_bgr: tuple[int, int, int]
) -> None:
    """Paint one colour into `out` (H, W, 3) where `mask` (h, w) uint8 is, its upper left
    corner on (top, left); what reaches beyond the picture is cut off."""
    y0, x0 = max(0, top), max(0, left)
    window = out[y0 : max(0, top + mask.shape[0]), x0 : max(0, left + mask.shape[1])]
    inside = mask[y0 - top :, x0 - left :][: window.shape[0], : window.shape[1]]
    weight = inside.astype(np.uint16) + (inside >> 7)
    window[...] = _blend(window, np.array(colour_bgr, np.uint8), weight)


def row_profiles(labels: UInt8Array, count: int, step: int) -> tuple[Int64Array, Int64Array]:
    """Per person and row: how many pixels, and the sum of their columns.

    Of every `step`-th row and column: two (count, ceil(H / step)) int64 arrays.
    """
    thinned = labels[::step, ::step]
    columns = np.arange(0, labels.shape[1], step)
    masks = [thinned == person + 1 for person in range(count)]
    pixels = np.array([mask.sum(axis=1) for mask in masks], np.int64)
    sums = np.array([(mask * columns).sum(axis=1) for mask in masks], np.int64)
    shape = (count, thinned.shape[0])
    return pixels.reshape(shape), sums.reshape(shape)


def _blend(under: UInt8Array, over: UInt8Array, weight: UInt16Array) -> UInt8Array:
    w = weight[..., None].astype(np.uint32)
    return ((under * (256 - w) + over * w + 128) >> 8).astype(np.uint8)
