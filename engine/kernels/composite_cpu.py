"""Compositing on the CPU: one pass over the pixels, most of which it only copies.

Same signatures and same bytes as in `engine.kernels.composite_reference`. The kernels
release the GIL and their machine code is cached on disk beside this file, or in the user's
cache folder where that is read-only.
"""

from __future__ import annotations

import numpy as np

from engine.kernels.composite_reference import Contours, Cover, Look, UInt16Array
from engine.kernels.jit import jit
from engine.types import BoolArray, Int64Array, UInt8Array


def composite(
    image_bgr: UInt8Array,
    labels: UInt8Array,
    look: Look,
    contours: Contours | None,
    cover: Cover | None,
    out: UInt8Array,
) -> None:
    """See `engine.kernels.composite_reference.composite`."""
    np.copyto(out, image_bgr)
    _composite(
        labels,
        look.tint_bgr,
        look.tint_weight,
        look.line_bgr,
        look.has_line,
        look.line_weight,
        look.ring_weight,
        None if contours is None else contours.density,
        None if contours is None else contours.near,
        None if cover is None else cover.image_bgr,
        None if cover is None else cover.alpha,
        out,
    )


def blend_mask(
    out: UInt8Array, mask: UInt8Array, top: int, left: int, colour_bgr: tuple[int, int, int]
) -> None:
    """See `engine.kernels.composite_reference.blend_mask`."""
    _blend_mask(out, mask, top, left, *colour_bgr)


def row_profiles(labels: UInt8Array, count: int, step: int) -> tuple[Int64Array, Int64Array]:
    """See `engine.kernels.composite_reference.row_profiles`."""
    pixels = np.zeros((count, -(-labels.shape[0] // step)), np.int64)
    columns = np.zeros_like(pixels)
    _row_profiles(labels, step, pixels, columns)
    return pixels, columns


@jit
def _blend(under: np.uint32, over: np.uint32, weight: np.uint32) -> np.uint32:
    return (under * (np.uint32(256) - weight) + over * weight + np.uint32(128)) >> np.uint32(8)


@jit
def _blend_mask(
    out: UInt8Array, mask: UInt8Array, top: int, left: int, blue: int, green: int, red: int
) -> None:
    first_y, first_x = max(0, -top), max(0, -left)
    end_y, end_x = min(mask.shape[0], out.shape[0] - top), min(mask.shape[1], out.shape[1] - left)
    for y in range(first_y, end_y):
        for x in range(first_x, end_x):
            weight = np.uint32(mask[y, x])
            if weight == 0:
                continue
            weight += weight >> np.uint32(7)
            pixel = out[top + y, left + x]
            pixel[0] = _blend(np.uint32(pixel[0]), np.uint32(blue), weight)
            pixel[1] = _blend(np.uint32(pixel[1]), np.uint32(green), weight)
            pixel[2] = _blend(np.uint32(pixel[2]), np.uint32(red), weight)


@jit
def _row_profiles(labels: UInt8Array, step: int, pixels: Int64Array, columns: Int64Array) -> None:
    for row in range(pixels.shape[1]):
        for x in range(0, labels.shape[1], step):
            label = labels[row * step, x]
            if label != 0 and label <= pixels.shape[0]:
                pixels[label - 1, row] += 1
                columns[label - 1, row] += x


@jit
def _composite(
    labels: UInt8Array,
    tint_bgr: UInt8Array,
    tint_weight: UInt16Array,
    line_bgr: UInt8Array,
    has_line: BoolArray,
    line_weight: UInt16Array,
    ring_weight: UInt16Array,
    density: UInt8Array | None,
    near: UInt8Array | None,
    cover_bgr: UInt8Array | None,
    cover_alpha: UInt8Array | None,
    out: UInt8Array,
) -> None:
    """Numba compiles one version per set of arguments that are None, without their code."""
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            label = labels[y, x]
            dense = np.uint8(0)
            if density is not None:
                dense = density[y, x]
            covered = np.uint32(0)
            if cover_alpha is not None:
                covered = np.uint32(cover_alpha[y, x])
            if label == 0 and dense == 0 and covered == 0:
                continue
            tint = np.uint32(tint_weight[label])
            ring = np.uint32(ring_weight[dense])
            line = np.uint32(line_weight[dense])
            whose = label
            if near is not None and not has_line[label]:
                whose = near[y, x]
            covered += covered >> np.uint32(7)
            for c in range(3):
                value = _blend(np.uint32(out[y, x, c]), np.uint32(tint_bgr[label, c]), tint)
                if cover_bgr is not None:
                    value = _blend(value, np.uint32(cover_bgr[y, x, c]), covered)
                if density is not None and dense:
                    value = _blend(value, np.uint32(0), ring)
                    value = _blend(value, np.uint32(line_bgr[whose, c]), line)
                out[y, x, c] = value
