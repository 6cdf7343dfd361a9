"""Masks that are steady where the picture is: each frame's maps, averaged with those before.

The maps of the frame before are moved along with the picture, by its optical flow, and count
in each cell by how well the two pictures agree there after that. What was covered before, or
is now, does not agree, so people leave hardly a trace behind (docs/findings/flicker.md).

`steady` is pure, as `engine.track` is: the memory goes in as a `SteadyState` and a new one
comes out, so it belongs to whoever runs the frames of one source in their order. Maps that
lie on a GPU are averaged there (`engine.gpu.steady`), by the same moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.config import SteadyOptions
from engine.kernels.steady_reference import mean_deltas, mean_logits
from engine.motion import Motion, motion_between, moved, view_of
from engine.types import Float32Array, Prediction, UInt8Array

LONGEST_STEP_S = 0.3
"""Frames further apart, such as the pictures of a folder, have nothing to do with each other."""

LEAST_COMMON_SHARE = 0.5
"""Where less of the picture than this agrees with the one before, the scene was cut."""


@dataclass(frozen=True, slots=True, eq=False)
class SteadyState:
    """One frame, for the frame after it.

    prediction: its maps averaged. view_rgb: (h, w, 3) uint8, what the network saw.
    """

    prediction: Prediction
    view_rgb: UInt8Array


def steady(
    prediction: Prediction, state: SteadyState | None, options: SteadyOptions
) -> tuple[Prediction, SteadyState | None]:
    """The prediction, averaged with the frames before, and the state for the next one.

    state: what the call for the frame before returned, None to begin anew. That happens by
    itself after a cut, where time runs backwards or stands, where it jumps by more than
    `LONGEST_STEP_S`, and where frame, input or network is another. A prediction is returned
    as it is where its maps are not finite or nobody knows what the network saw, and with
    `options.enabled` False.
    """
    if not options.enabled or prediction.input_rgb is None:
        return prediction, None
    if not all(np.isfinite(m).all() for m in (prediction.person_logits, prediction.box_deltas)):
        return prediction, None
    view_rgb = view_of(prediction.input_rgb)
    moves = moves_since(prediction, view_rgb, state, options)
    if state is not None and moves is not None:
        prediction = _mean(prediction, state.prediction, moves)
    return prediction, SteadyState(prediction, view_rgb)


def moves_since(
    prediction: Prediction,
    view_rgb: UInt8Array,
    state: SteadyState | None,
    options: SteadyOptions,
    between: Callable[[UInt8Array, UInt8Array], Motion] = motion_between,
) -> Float32Array | None:
    """Where the maps before belong now, and how much they count; None for not at all.

    (h, w, 3) float32: x and y, in the frame before, of what each cell shows now, and the
    share of the mean that has. view_rgb: of the prediction. between: the motion between two
    views.
    """
    if state is None or not _follows(prediction, state.prediction):
        return None
    motion = between(view_rgb, state.view_rgb)
    agreement = _agreement(motion.difference, options)
    if np.count_nonzero(agreement) < LEAST_COMMON_SHARE * agreement.size:
        return None
    return np.dstack((motion.came_from, np.float32(options.weight) * agreement))


def _follows(prediction: Prediction, before: Prediction) -> bool:
    step_s = prediction.frame.time_s - before.frame.time_s
    same_grid = prediction.geometry == before.geometry and prediction.anchor_wh == before.anchor_wh
    # Of another type, its maps lie elsewhere: a GPU has given up, or has just come up.
    return type(prediction) is type(before) and same_grid and 0 < step_s <= LONGEST_STEP_S


def _agreement(difference: UInt8Array, options: SteadyOptions) -> Float32Array:
    """(h, w) in [0, 1]: 1 where two views are the same all around a cell."""
    around = cv2.dilate(difference, np.ones((3, 3), np.uint8))
    levels = np.arange(256, dtype=np.float32)
    by_level = np.maximum(1 - levels / np.float32(options.max_difference), 0)
    return np.asarray(cv2.LUT(around, by_level), np.float32)


def _mean(prediction: Prediction, before: Prediction, moves: Float32Array) -> Prediction:
    """As `steady_reference.mean_maps`, on maps that lie here."""
    came_from, weights = np.ascontiguousarray(moves[..., :2]), moves[..., 2]
    logits = moved(before.person_logits, came_from)
    deltas = np.stack([moved(delta, came_from) for delta in before.box_deltas])
    return replace(
        prediction,
        person_logits=mean_logits(prediction.person_logits, logits, weights),
        box_deltas=mean_deltas(prediction.box_deltas, deltas, weights),
    )
