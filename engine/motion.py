"""How the picture moved between two frames: seen on the network's grid, by optical flow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from engine.types import Float32Array, UInt8Array

LEAST_FLOW_SIDE = 16
"""Smaller grids, and so bands up to 513 cells long, have too few cells for OpenCV to search in."""

MOTION_GAIN = 0.85
"""The flow counts where it leaves less than this share of the difference between two views."""

MOST_UNASKED = 4
"""So many motions in a row are worked out ahead that nobody asks for; at most three frames are
between the network and who asks (`engine.export`)."""

AnyImage = TypeVar("AnyImage", UInt8Array, Float32Array)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What has become of the picture since `before_rgb` (h, w, 3) uint8, a view.

    came_from: (h, w, 2) float32; x and y, in the view before, of what each cell shows now.
    difference: (h, w) uint8; how much the two views still differ there, in levels.
    """

    before_rgb: UInt8Array
    came_from: Float32Array
    difference: UInt8Array


def view_of(input_rgb: UInt8Array) -> UInt8Array:
    """(h, w, 3) uint8: the mean of 4 by 4 pixels of the input (H, W, 3) for each cell.

    Of those to the lower right of the cell's own pixel, so a third of a cell off, which is
    the same in every frame; the last row and column have their neighbours' pixels.
    """
    half = input_rgb[:-1, :-1]
    for _ in range(2):  # much faster than a quarter at once
        size_wh = (half.shape[1] // 2, half.shape[0] // 2)
        half = cv2.resize(half, size_wh, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.copyMakeBorder(half, 0, 1, 0, 1, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def motion_between(view_rgb: UInt8Array, before_rgb: UInt8Array) -> Motion:
    """The motion from one view to a later one, both (h, w, 3) uint8.

    Where standing still explains the picture about as well, it stands still: in a flat or a
    noisy picture the flow is anything.
    """
    cells, still = _cells(*view_rgb.shape[:2]), _difference(view_rgb, before_rgb)
    if min(view_rgb.shape[:2]) < LEAST_FLOW_SIDE:
        return Motion(before_rgb, cells, still)
    grey, grey_before = (cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) for v in (view_rgb, before_rgb))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(1)  # half the grid: as good, and three times as fast
    flow = search.calc(grey, grey_before, None)  # type: ignore[call-overload]
    shifted = _difference(view_rgb, moved(before_rgb, flow + cells))
    moves = shifted < MOTION_GAIN * still
    came_from = cells + moves[..., None] * flow
    return Motion(before_rgb, came_from, np.where(moves, shifted, still))


def moved(image: AnyImage, came_from: Float32Array) -> AnyImage:
    """A view or a map, where the picture has moved it since."""
    return cv2.remap(  # type: ignore[call-overload, no-any-return]
        image, came_from, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


class MotionAhead:
    """Each view's motion since the one before, worked out before it is asked for.

    That is a guess: it serves only where just these two views are asked for. As long as
    nobody asks, as where masks are not steadied, nothing is worked out.
    """

    def __init__(self) -> None:
        self._newest_rgb: UInt8Array | None = None
        self._unasked = 0

    def look(self, view_rgb: UInt8Array) -> Motion | None:
        """The motion since the view before; by the thread that runs the network."""
        before_rgb, self._newest_rgb = self._newest_rgb, view_rgb
        if before_rgb is None or before_rgb.shape != view_rgb.shape:
            return None
        if self._unasked >= MOST_UNASKED:
            return None
        self._unasked += 1
        return motion_between(view_rgb, before_rgb)

    def between(
        self, view_rgb: UInt8Array, before_rgb: UInt8Array, guessed: Motion | None
    ) -> Motion:
        """The motion between two views; by the thread that steadies.

        guessed: what `look` gave for the later one.
        """
        self._unasked = 0
        if guessed is not None and guessed.before_rgb is before_rgb:
            return guessed
        return motion_between(view_rgb, before_rgb)


def _difference(view_rgb: UInt8Array, other_rgb: UInt8Array) -> UInt8Array:
    """(h, w): levels between two views around each cell, of the colour that differs most."""
    red, green, blue = cv2.split(cv2.blur(cv2.absdiff(view_rgb, other_rgb), (3, 3)))
    return cv2.max(cv2.max(red, green), blue)  # type: ignore[return-value]


@lru_cache(maxsize=4)
def _cells(rows: int, columns: int) -> Float32Array:
    """(rows, columns, 2) float32: x and y of each cell."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.dstack((x, y)).astype(np.float32)
