"""What a sink of results is: opened by its constructor, closed exactly once in `finally`."""

from __future__ import annotations

import logging
from typing import Protocol, runtime_checkable

from engine.errors import EngineError, SinkError, unexpected
from engine.types import Result

log = logging.getLogger(__name__)


@runtime_checkable
class Sink(Protocol):
    """Takes results in order and writes them somewhere."""

    def write(self, result: Result) -> None:
        """Take one result; `result.frame.time_s` grows. Raises `SinkError`.

        A sink with its own thread stores the error that its thread met and raises it
        here at the next call. The result's arrays are not changed after this call.
        After `close`, which another thread may call, the result is ignored.
        """
        ...

    def close(self) -> None:
        """Flush everything taken so far and finish the file. Raises `SinkError`.

        May be called twice; the second call does nothing. What was written stays
        readable even when this raises.
        """
        ...


def sink_failure(error: Exception) -> EngineError:
    """What is told of an exception of a sink; one that nobody expected is logged, too."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, OSError):
        return SinkError(f"The recording failed: {error}.")
    log.error("a sink failed unexpectedly", exc_info=error)
    return unexpected(error, "The recording", SinkError)
