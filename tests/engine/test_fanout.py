"""One sink that fails costs the others nothing, whatever it raises."""

from __future__ import annotations

import pytest

from engine.errors import EngineError, SinkError
from engine.fanout import SinkFanout
from engine.sink.base import Sink
from engine.types import Result
from tests.engine.sink_cases import make_result
from tests.fakes import MemorySink


class RaisingSink(MemorySink):
    """Raises `on_write` and `on_close` where they are given."""

    def __init__(
        self, on_write: Exception | None = None, on_close: Exception | None = None
    ) -> None:
        super().__init__()
        self._on_write, self._on_close = on_write, on_close

    def write(self, result: Result) -> None:
        if self._on_write is not None:
            raise self._on_write
        super().write(result)

    def close(self) -> None:
        super().close()
        if self._on_close is not None:
            raise self._on_close


def fanout_of(*sinks: Sink) -> SinkFanout:
    fanout = SinkFanout()
    for sink in sinks:
        fanout.add(sink)
    return fanout


FAILURES = [SinkError("The disk is full."), OSError(5, "I/O error"), ValueError("a bug")]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_sink_that_cannot_be_written_is_closed_and_told(error: Exception) -> None:
    bad, good = RaisingSink(on_write=error), MemorySink()
    fanout = fanout_of(bad, good)
    fanout.write(make_result(0, 0.0))
    fanout.write(make_result(1, 0.1))
    fanout.close()
    assert [failure.sink for failure in fanout.failures] == [bad]
    assert isinstance(fanout.failures[0].error, EngineError)
    assert (bad.close_count, good.close_count) == (1, 1)
    assert len(good.results) == 2


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_sink_that_cannot_be_closed_is_told_and_the_others_are_closed(error: Exception) -> None:
    bad, good = RaisingSink(on_close=error), MemorySink()
    fanout = fanout_of(bad, good)
    fanout.close()
    assert [failure.sink for failure in fanout.failures] == [bad]
    assert good.close_count == 1


def test_a_sink_that_fails_twice_is_told_once() -> None:
    bad = RaisingSink(on_write=FAILURES[0], on_close=FAILURES[1])
    fanout = fanout_of(bad)
    fanout.write(make_result(0, 0.0))
    fanout.close()
    assert [failure.error for failure in fanout.failures] == [FAILURES[0]]


def test_a_sink_that_comes_after_the_end_is_closed_at_once() -> None:
    late, fanout = MemorySink(), SinkFanout()
    fanout.close()
    fanout.add(late)
    assert late.close_count == 1
