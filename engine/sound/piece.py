"""Sound as it goes from the file to the loudspeaker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.types import Float32Array

CHANNELS = 2


@dataclass(frozen=True, slots=True, eq=False)
class SoundPiece:
    """Sound without a gap.

    samples: (N, 2) float32, left and right, 1 is full scale; N ≥ 1. time_s: of the first
    sample, on the film's timeline. step_s: film seconds from one sample to the next.
    """

    samples: Float32Array
    time_s: float
    step_s: float

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def end_s(self) -> float:
        """Where what follows begins, on the film's timeline."""
        return self.time_s + len(self.samples) * self.step_s

    def without_start(self, samples: int) -> SoundPiece | None:
        """What is left after so many samples, None for nothing."""
        if samples >= len(self.samples):
            return None
        return replace(
            self, samples=self.samples[samples:], time_s=self.time_s + samples * self.step_s
        )

    def followed_by(self, other: SoundPiece) -> SoundPiece | None:
        """Both as one, None where `other` does not begin at the end of this."""
        if other.step_s != self.step_s or abs(other.time_s - self.end_s) > self.step_s:
            return None
        return replace(self, samples=np.concatenate((self.samples, other.samples)))


def silence(samples: int) -> Float32Array:
    """(samples, 2) float32 of nothing."""
    return np.zeros((samples, CHANNELS), np.float32)


def ramped(samples: Float32Array, first: float, last: float) -> Float32Array:
    """`samples` as loud as `first` at their start, `last` at their end, evenly between."""
    ramp = np.linspace(first, last, len(samples), dtype=np.float32)
    return np.asarray(samples * ramp[:, None], np.float32)
