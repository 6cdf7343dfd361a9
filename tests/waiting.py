"""Waiting for what another thread does, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT_S = 60.0


def wait_until(condition: Callable[[], object]) -> None:
    """Return when `condition` holds; fails if it never comes."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.002)
