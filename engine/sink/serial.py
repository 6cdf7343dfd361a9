"""What sinks without a thread of their own have in common."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from engine.types import Result


class SerialSink(ABC):
    """A `Sink` that writes on the caller's thread; `write` and `close` never overlap.

    A user stops an export from another thread than the one that writes it, so a result
    may still be on its way when `close` is called; it is ignored.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False

    def write(self, result: Result) -> None:
        """Write one result. Raises `SinkError`."""
        with self._lock:
            if not self._closed:
                self._write(result)

    def close(self) -> None:
        """Finish. A second call does nothing. Raises `SinkError`."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._finish()

    @abstractmethod
    def _write(self, result: Result) -> None: ...

    @abstractmethod
    def _finish(self) -> None: ...
