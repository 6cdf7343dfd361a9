"""Ctrl-C once ends cleanly, twice at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.cli.console import EXIT_INTERRUPTED

SHOW_CURSOR = "\x1b[?25h"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C (or SIGTERM) sets; the second one ends the process.

    Outside the main thread, where Python delivers no signals, the event is never set.
    """
    stop = threading.Event()

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            _tell(SHOW_CURSOR if sys.stderr.isatty() else "")
            os._exit(EXIT_INTERRUPTED)
        stop.set()
        again = ", press Ctrl-C again to quit at once" if number == signal.SIGINT else ""
        _tell(f"\nFinishing what was begun{again}.\n")

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(text: str) -> None:
    # A signal may arrive inside a print; only the bare call is safe then.
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode())
