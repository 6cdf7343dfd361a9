"""Does a network give elsewhere what it gives on the CPU? Asked once, before it is trusted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.errors import RuntimeUnavailable
from engine.predictor import Predictor
from engine.types import Float32Array, Frame, UInt8Array

Maps = tuple[Float32Array, Float32Array]
"""Person logits (h, w) and box deltas (4, h, w)."""

LEAST_SAME_CELLS = 0.99
MOST_SQUASHED = 0.02
"""Weights rounded to TF32 move the start model's maps by 0.0013 at most, to bfloat16 by 0.021
in 0.002 % of the places; the picture before, a picture moved by some lines or one with red
and blue exchanged moves 2 to 38 % of them further."""

MOST_SQUASHED_INT8 = 0.05
"""8-bit sums are rounded in another order: OpenVINO 2025.3 moves no place of our int8 model's
maps that far. One convolution with wrong biases (OpenVINO 2025.4) moves 57 % further."""


def check_network(
    maps_of: Callable[[Frame], Maps],
    reference: Predictor,
    frame_hw: tuple[int, int],
    where: str,
    hint: str,
) -> None:
    """Hold a network's maps for three pictures in turn against those of `reference`.

    The third is the first again: what was left of the second would show. where: e.g. "on
    the GPU", for the message. Raises `RuntimeUnavailable` with `hint` where they disagree,
    and the `EngineError` of either.
    """
    frames = [Frame(sharp_picture(frame_hw, seed), 0, 0.0, 0.0) for seed in (0, 1)]
    expected = [reference.predict(frame) for frame in frames]
    int8 = reference.provider.precision == "int8"
    most_off = MOST_SQUASHED_INT8 if int8 else MOST_SQUASHED
    for turn in (0, 1, 0):
        logits, deltas = maps_of(frames[turn])
        for name, found, right in (
            ("person map", logits, expected[turn].person_logits),
            ("boxes", deltas, expected[turn].box_deltas),
        ):
            # Through a logistic function: far from zero, only the sign matters.
            same = float((np.abs(_squashed(found) - _squashed(right)) <= most_off).mean())
            if same < LEAST_SAME_CELLS:
                what = f"only {same:.1%} of its {name} are the same"
                raise RuntimeUnavailable(
                    f"The network gave other results {where} than on the CPU: {what}.", hint
                )


def sharp_picture(frame_hw: tuple[int, int], seed: int) -> UInt8Array:
    """Steep saw teeth (H, W, 3), another slope in each channel, with a little noise."""
    rows, columns = np.mgrid[: frame_hw[0], : frame_hw[1]]
    slopes = ((7, 3), (2, 11), (13, 5))
    teeth = np.stack([(rows * a + columns * b) * (seed + 1) for a, b in slopes], axis=2)
    noise = np.random.default_rng(seed).integers(0, 16, teeth.shape)
    return np.asarray((teeth + noise) % 256, np.uint8)


def _squashed(values: Float32Array) -> Float32Array:
    return np.asarray(0.5 + 0.5 * np.tanh(values / 2), np.float32)
