"""Times of a film as people read and write them."""

from __future__ import annotations

import re

_WRITTEN = re.compile(r"(?:(?:(\d{1,9}):)?(\d{1,9}):)?(\d{1,9}(?:[.,]\d*)?)")

_ROUNDING = 1e-6
"""Tenths of a second by which a time may be short of what it stands for."""


def clock_text(time_s: float, duration_s: float = 0.0) -> str:
    """Seconds as 1:05.3, or 1:02:05 in films of an hour or more."""
    tenths = int(10 * max(0.0, time_s) + _ROUNDING)
    minutes, tenths = divmod(tenths, 600)
    if max(time_s, duration_s) >= 3600:
        return f"{minutes // 60}:{minutes % 60:02d}:{tenths // 10:02d}"
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"


def parse_clock(text: str) -> float:
    """Seconds of 65.3, 1:05.3 or 1:02:05. Raises ValueError for anything else."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a time; write it as 1:05.3 or in seconds.")
    hours, minutes, seconds = found.groups(default="0")
    return 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds.replace(",", "."))
