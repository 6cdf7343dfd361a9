"""Whether the times of a sound track go on as those of its pictures do."""

from __future__ import annotations

_LEAST_STEP_S = 1.0
"""Packets of sound lie in order; one so much earlier than the last is of another clock."""

_LEAST_STRANGERS = 10
"""So many packets in a row are no mistake: a fifth of a second."""


class SoundClock:
    """Watches the times of packets, in the order of the file, from one place of it on.

    Where they start over, as in films that were put together, nobody knows what belongs to which
    picture; but a single time may just be wrong.
    """

    def __init__(self) -> None:
        self._last_s = float("-inf")
        self._left_s: float | None = None
        self._strangers = 0

    @property
    def has_started_over(self) -> bool:
        """Whether the last packets, not just one or two, are of another clock."""
        return self._strangers >= _LEAST_STRANGERS

    def takes(self, time_s: float) -> bool:
        """False for a packet of another clock; until times are back where this one was left."""
        before_s, self._last_s = self._last_s, time_s
        if self._left_s is None:
            if time_s < before_s - _LEAST_STEP_S:
                self._left_s = before_s
        elif time_s > max(self._left_s, before_s + _LEAST_STEP_S):
            self._left_s = None
        self._strangers = 0 if self._left_s is None else self._strangers + 1
        return self._left_s is None
