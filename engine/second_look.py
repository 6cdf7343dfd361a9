"""A network that sees each frame twice, the second time larger: slower, and finds more people.

The larger picture shows small people, in the smaller one large people fit into what the
network sees at once. What it says of the two is averaged (docs/findings/grouping.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import cv2
import numpy as np

from engine.predictor import Around
from engine.preprocess import rounded_side
from engine.types import Float32Array, Frame, Prediction, Prepared

LARGER = 1.3
"""Size of the second picture over that of the first, chosen on the tune photos."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTwice(Prepared):
    """A frame in two sizes; preprocess_ms is of both."""

    first: Prepared
    second: Prepared


class SecondLook(Around):
    """A predictor looking twice; it must take any input size, and its maps lie here.

    Its predictions have the size asked for, and are the mean of what the network says at
    that size and at `LARGER` times as much.
    """

    def prepare(self, frame: Frame, long_side: int | None = None) -> PreparedTwice:
        """See `Predictor.prepare`."""
        first = self._predictor.prepare(frame, long_side)
        larger = rounded_side(LARGER * (long_side or self.long_side))
        second = self._predictor.prepare(frame, larger)
        return PreparedTwice(frame, first.preprocess_ms + second.preprocess_ms, first, second)

    def infer(self, prepared: Prepared) -> Prediction:
        """See `Predictor.infer`."""
        if not isinstance(prepared, PreparedTwice):
            raise TypeError(f"{type(prepared).__name__} was prepared by another predictor")
        first = self._predictor.infer(prepared.first)
        second = self._predictor.infer(prepared.second)
        times_ms = (first.stage_ms, second.stage_ms)
        sums_ms = {name: sum(ms.get(name, 0.0) for ms in times_ms) for name in first.stage_ms}
        return replace(mean_prediction(first, second), stage_ms=MappingProxyType(sums_ms))


def mean_prediction(first: Prediction, second: Prediction) -> Prediction:
    """The mean of two predictions of one frame, on the grid of the first.

    Person probabilities are averaged, not logits: where one is quite sure, the other still
    counts. Offsets are averaged in units of the anchor at the first one's input size.
    """
    grid_hw = first.geometry.grid_hw
    logits = _on_grid(second.person_logits, grid_hw)
    deltas = np.stack([_on_grid(channel, grid_hw) for channel in second.box_deltas])
    (height, width), (other_height, other_width) = (p.geometry.input_hw for p in (first, second))
    # The anchor has one size in pixels of either input; in the larger one people fill more.
    scale_x = np.float32((width - 1) / (other_width - 1))
    scale_y = np.float32((height - 1) / (other_height - 1))
    deltas[0] *= scale_x
    deltas[1] *= scale_y
    deltas[2] += np.log(scale_x)
    deltas[3] += np.log(scale_y)
    deltas += first.box_deltas
    deltas *= np.float32(0.5)
    return replace(
        first, person_logits=_mean_logits(first.person_logits, logits), box_deltas=deltas
    )


def _mean_logits(a: Float32Array, b: Float32Array) -> Float32Array:
    """Logits of the mean of two probabilities, exact also where both are near 0 or 1.

    log(p / q) with p = σ(a) + σ(b) and q = σ(-a) + σ(-b), σ(x) = exp(-log(1 + exp(-x))).
    """
    yes = np.logaddexp(-np.logaddexp(0, -a), -np.logaddexp(0, -b))
    no = np.logaddexp(-np.logaddexp(0, a), -np.logaddexp(0, b))
    return np.asarray(yes - no, np.float32)


def _on_grid(values: Float32Array, grid_hw: tuple[int, int]) -> Float32Array:
    """A map (h, w) sampled bilinearly on another grid, corner cells on corner cells."""
    (height, width), (rows, columns) = values.shape, grid_hw
    to_source = np.array([[(width - 1) / (columns - 1), 0, 0], [0, (height - 1) / (rows - 1), 0]])
    return cv2.warpAffine(  # type: ignore[return-value]
        values,
        to_source,
        (columns, rows),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
