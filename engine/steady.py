"""Masks that are steady where the picture is: each frame's maps, averaged with those before.

The maps of the frame before are moved along with the picture, by its optical flow, and count
in each cell by how well the two pictures agree there after that. What was covered before, or
is now, does not agree, so people leave hardly a trace behind (docs/models.md, Flicker).

`steady` is pure, as `engine.track` is: the memory goes in as a `SteadyState` and a new one
comes out, so it belongs to whoever runs the frames of one source in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from engine.config import SteadyOptions
from engine.types import Float32Array, InputGeometry, Prediction, UInt8Array

LONGEST_STEP_S = 0.3
"""Frames further apart, such as the pictures of a folder, have nothing to do with each other."""

LEAST_COMMON_SHARE = 0.5
"""Where less of the picture than this agrees with the one before, the scene was cut."""

LEAST_FLOW_SIDE = 16
"""Smaller grids, and so bands up to 513 cells long, have too few cells for OpenCV to search in."""

MOTION_GAIN = 0.85
"""The flow counts where it leaves less than this share of the difference between two views."""

MOST_LOGIT = 40.0
"""Beyond it a probability is 0 or 1, and its exponential soon not finite."""

AnyImage = TypeVar("AnyImage", UInt8Array, Float32Array)


@dataclass(frozen=True, slots=True, eq=False)
class SteadyState:
    """One frame on the network's grid, for the frame after it.

    person_logits: (h, w) and box_deltas: (4, h, w) float32, averaged. view_rgb: (h, w, 3)
    uint8, what the network saw. time_s: of the frame.
    """

    person_logits: Float32Array
    box_deltas: Float32Array
    view_rgb: UInt8Array
    geometry: InputGeometry
    anchor_wh: tuple[float, float]
    time_s: float


def steady(
    prediction: Prediction, state: SteadyState | None, options: SteadyOptions
) -> tuple[Prediction, SteadyState | None]:
    """The prediction, averaged with the frames before, and the state for the next one.

    state: what the call for the frame before returned, None to begin anew. That happens by
    itself after a cut, where time runs backwards or stands, where it jumps by more than
    `LONGEST_STEP_S`, and where frame, input or network is another. A prediction is returned
    as it is where its maps lie on a GPU or are not finite, and with `options.enabled` False.
    """
    if not options.enabled or prediction.input_rgb is None:
        return prediction, None
    if not all(np.isfinite(m).all() for m in (prediction.person_logits, prediction.box_deltas)):
        return prediction, None
    view_rgb = _view(prediction.input_rgb)
    if state is not None and _follows(prediction, state):
        came_from, difference = _motion(view_rgb, state.view_rgb)
        agreement = _agreement(difference, options)
        if np.count_nonzero(agreement) >= LEAST_COMMON_SHARE * agreement.size:
            prediction = _mean(prediction, state, came_from, np.float32(options.weight) * agreement)
    return prediction, SteadyState(
        prediction.person_logits,
        prediction.box_deltas,
        view_rgb,
        prediction.geometry,
        prediction.anchor_wh,
        prediction.frame.time_s,
    )


def _follows(prediction: Prediction, state: SteadyState) -> bool:
    step_s = prediction.frame.time_s - state.time_s
    same_grid = prediction.geometry == state.geometry and prediction.anchor_wh == state.anchor_wh
    return same_grid and 0 < step_s <= LONGEST_STEP_S


def _view(input_rgb: UInt8Array) -> UInt8Array:
    """(h, w, 3) uint8: the mean of 4 by 4 pixels of the input (H, W, 3) for each cell.

    Of those to the lower right of the cell's own pixel, so a third of a cell off, which is
    the same in every frame; the last row and column have their neighbours' pixels.
    """
    half = input_rgb[:-1, :-1]
    for _ in range(2):  # much faster than a quarter at once
        size_wh = (half.shape[1] // 2, half.shape[0] // 2)
        half = cv2.resize(half, size_wh, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.copyMakeBorder(half, 0, 1, 0, 1, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _motion(view_rgb: UInt8Array, before_rgb: UInt8Array) -> tuple[Float32Array, UInt8Array]:
    """x and y, in the view before, of what each cell shows now, (h, w, 2) float32; and how much
    the two views still differ there, (h, w) uint8.

    Where standing still explains the picture about as well, it stands still: in a flat or a
    noisy picture the flow is anything.
    """
    cells, still = _cells(*view_rgb.shape[:2]), _difference(view_rgb, before_rgb)
    if min(view_rgb.shape[:2]) < LEAST_FLOW_SIDE:
        return cells, still
    grey, grey_before = (cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) for v in (view_rgb, before_rgb))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(1)  # half the grid: as good, and three times as fast
    flow = search.calc(grey, grey_before, None)  # type: ignore[call-overload]
    moved = _difference(view_rgb, _moved(before_rgb, flow + cells))
    moves = moved < MOTION_GAIN * still
    came_from = cells + moves[..., None] * flow
    return came_from, np.where(moves, moved, still)


def _difference(view_rgb: UInt8Array, other_rgb: UInt8Array) -> UInt8Array:
    """(h, w): levels between two views around each cell, of the colour that differs most."""
    red, green, blue = cv2.split(cv2.blur(cv2.absdiff(view_rgb, other_rgb), (3, 3)))
    return cv2.max(cv2.max(red, green), blue)  # type: ignore[return-value]


@lru_cache(maxsize=4)
def _cells(rows: int, columns: int) -> Float32Array:
    """(rows, columns, 2) float32: x and y of each cell."""
    y, x = np.mgrid[0:rows, 0:columns]
    return np.dstack((x, y)).astype(np.float32)


def _moved(image: AnyImage, came_from: Float32Array) -> AnyImage:
    """A view or a map, where the picture has moved it since."""
    return cv2.remap(  # type: ignore[call-overload, no-any-return]
        image, came_from, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _agreement(difference: UInt8Array, options: SteadyOptions) -> Float32Array:
    """(h, w) in [0, 1]: 1 where two views are the same all around a cell."""
    around = cv2.dilate(difference, np.ones((3, 3), np.uint8))
    levels = np.arange(256, dtype=np.float32)
    by_level = np.maximum(1 - levels / np.float32(options.max_difference), 0)
    return np.asarray(cv2.LUT(around, by_level), np.float32)


def _mean(
    prediction: Prediction, state: SteadyState, came_from: Float32Array, weights: Float32Array
) -> Prediction:
    """The prediction with the share `weights` (h, w) of what was said before; where that is
    0, just as it is.

    Of the logits the probabilities are averaged, p for person and q for nobody each on their
    own: log(p / q) is exact also where either is near 0.
    """
    deltas_before = np.stack([_moved(delta, came_from) for delta in state.box_deltas])
    deltas = prediction.box_deltas
    now, before = prediction.person_logits, _moved(state.person_logits, came_from)
    odds, odds_before = (np.exp(np.clip(m, -MOST_LOGIT, MOST_LOGIT)) for m in (now, before))
    share, share_before = (1 - weights) / (1 + odds), weights / (1 + odds_before)
    mean = np.log((share * odds + share_before * odds_before) / (share + share_before))
    return replace(
        prediction,
        person_logits=np.where(weights > 0, mean, now).astype(np.float32, copy=False),
        box_deltas=(deltas + weights * (deltas_before - deltas)).astype(np.float32, copy=False),
    )
