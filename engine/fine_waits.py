"""Waits that end when they are meant to, also on Windows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PERIOD_MS = 1


@contextmanager
def fine_waits() -> Iterator[None]:
    """Meanwhile a wait with a limit takes at most about a millisecond more.

    Windows otherwise ends them with its clock, 64 times a second, so that the pictures of a film
    come up to 15.6 ms late, each by another time, and it jerks.
    """
    if sys.platform == "win32":
        import ctypes

        multimedia = ctypes.WinDLL("winmm")
        multimedia.timeBeginPeriod(_PERIOD_MS)
        try:
            yield
        finally:
            multimedia.timeEndPeriod(_PERIOD_MS)
    else:
        yield
