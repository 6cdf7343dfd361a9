"""What a loudspeaker is: takes samples and plays them by a clock of its own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from engine.types import Float32Array


@runtime_checkable
class SoundOutput(Protocol):
    """Plays stereo samples one after the other; used by one thread, never blocks.

    Where nothing is left to play it is silent until the next `write`.
    """

    @property
    def rate_hz(self) -> int:
        """Samples a second, constant."""
        ...

    @property
    def room(self) -> int:
        """How many samples `write` takes now."""
        ...

    @property
    def queued_s(self) -> float:
        """Seconds until a sample that is written now can be heard."""
        ...

    @property
    def failed(self) -> bool:
        """True once it has to be opened anew: unplugged, or another device is to be used."""
        ...

    def write(self, samples: Float32Array) -> None:
        """Play these next. samples: (N, 2) float32, left and right, from -1 to 1; N ≤ `room`."""
        ...

    def close(self) -> None:
        """Give the device back, at once. May be called twice."""
        ...
