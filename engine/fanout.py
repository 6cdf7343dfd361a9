"""Results to several sinks; one that fails is closed and reported, the others go on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from engine.errors import EngineError
from engine.sink.base import Sink, sink_failure
from engine.types import Result


@dataclass(frozen=True, slots=True)
class SinkFailure:
    """A sink that could not be written or closed, and why."""

    sink: Sink
    error: EngineError


class SinkFanout:
    """Writes each result to every sink; may be changed from any thread at any time.

    Closing a sink may take long (an encoder is flushed), so it happens on a thread of its
    own, except in `close`, which waits for all of them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sinks: list[Sink] = []
        self._closers: list[threading.Thread] = []
        self._failures: tuple[SinkFailure, ...] = ()
        self._closed = False

    @property
    def failures(self) -> tuple[SinkFailure, ...]:
        """All failures so far, the oldest first."""
        with self._lock:
            return self._failures

    def add(self, sink: Sink) -> None:
        """`sink` takes the results from now on. After `close` it is closed at once."""
        with self._lock:
            if not self._closed:
                self._sinks.append(sink)
                return
        self._close_sink(sink)

    def remove(self, sink: Sink) -> None:
        """`sink` takes no more results and is closed in the background."""
        with self._lock:
            if sink not in self._sinks:
                return
            self._sinks.remove(sink)
            closer = threading.Thread(target=self._close_sink, args=(sink,), name="bbe-close")
            self._closers = [thread for thread in self._closers if thread.is_alive()] + [closer]
            # Started under the lock, so that `close` never joins a thread not yet started.
            closer.start()

    def write(self, result: Result) -> None:
        """Give `result` to every sink; never raises."""
        with self._lock:
            sinks = tuple(self._sinks)
        for sink in sinks:
            try:
                sink.write(result)
            except Exception as error:  # noqa: BLE001 - a sink's failure is a value
                self._report(sink, error)
                self.remove(sink)

    def close(self) -> None:
        """Close all sinks and wait until every file is finished."""
        with self._lock:
            self._closed = True
            sinks, self._sinks = self._sinks, []
            closers, self._closers = self._closers, []
        for sink in sinks:
            self._close_sink(sink)
        for closer in closers:
            closer.join()

    def _close_sink(self, sink: Sink) -> None:
        try:
            sink.close()
        except Exception as error:  # noqa: BLE001 - as above
            self._report(sink, error)

    def _report(self, sink: Sink, error: Exception) -> None:
        failure = SinkFailure(sink, sink_failure(error))
        with self._lock:
            if not any(known.sink is sink for known in self._failures):
                self._failures = (*self._failures, failure)
