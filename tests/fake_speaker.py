"""A loudspeaker with a clock that tests turn, and one that plays in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from engine.types import Float32Array

RATE_HZ = 48_000


class FakeSpeaker:
    """Plays by `now_s` and remembers what was heard when.

    drift: share by which its own clock is fast. delay_s: from its buffer to the ear, told in
    `queued_s`. heard: (seconds of `now_s`, samples) of each write.
    """

    def __init__(
        self,
        now_s: Callable[[], float] = time.perf_counter,
        rate_hz: int = RATE_HZ,
        drift: float = 0.0,
        delay_s: float = 0.03,
        buffer_s: float = 0.1,
    ) -> None:
        self.heard: list[tuple[float, Float32Array]] = []
        self.unplugged = threading.Event()
        self.closed = threading.Event()
        self._now_s = now_s
        self._rate_hz = rate_hz
        self._real_hz = rate_hz * (1 + drift)
        self._delay_s = delay_s
        self._size = round(buffer_s * rate_hz)
        self._empty_at_s = float("-inf")

    @property
    def rate_hz(self) -> int:
        return self._rate_hz

    @property
    def room(self) -> int:
        return self._size - self._waiting()

    @property
    def queued_s(self) -> float:
        return self._waiting() / self._rate_hz + self._delay_s

    @property
    def failed(self) -> bool:
        return self.unplugged.is_set()

    @property
    def is_silent(self) -> bool:
        """Whether nothing was ever heard."""
        return not any(samples.any() for _, samples in self.heard)

    @property
    def is_idle(self) -> bool:
        """Whether all was played."""
        return self._waiting() == 0

    def write(self, samples: Float32Array) -> None:
        assert samples.ndim == 2
        assert samples.shape[1] == 2
        assert samples.dtype == np.float32
        assert len(samples) <= self.room
        assert not self.closed.is_set()
        start_s = max(self._now_s(), self._empty_at_s)
        self.heard.append((start_s + self._delay_s, samples.copy()))
        self._empty_at_s = start_s + len(samples) / self._real_hz

    def close(self) -> None:
        self.closed.set()

    def heard_between(self, from_s: float, to_s: float) -> Float32Array:
        """(N, 2) of what was heard then; zeros where nothing was."""
        found = np.zeros((round((to_s - from_s) * self._real_hz), 2), np.float32)
        for start_s, samples in self.heard:
            first = round((start_s - from_s) * self._real_hz)
            last = min(first + len(samples), len(found))
            if last > 0 and first < len(found):
                found[max(first, 0) : last] = samples[max(-first, 0) : last - first]
        return found

    def _waiting(self) -> int:
        left_s = max(0.0, self._empty_at_s - self._now_s())
        return min(self._size, round(left_s * self._real_hz))
