"""A session that runs, and what it shows to who waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from engine.predictor import Predictor
from engine.session import Memory, Phase, Playback, Session, SessionState
from engine.sink.base import Sink
from engine.source.base import Source
from engine.types import Result
from tests.fakes import (
    FakePredictor,
    coloured_box_image,
)

TIMEOUT_S = 60.0


def moving_box(count: int) -> list[np.ndarray]:
    return [coloured_box_image(4 + 2 * i) for i in range(count)]


@dataclass
class Driver:
    """Runs a session in a thread and waits for what it shows."""

    session: Session
    changed: threading.Event
    shown: list[Result] = field(default_factory=list)

    def wait(self, condition: Callable[[SessionState], bool]) -> SessionState:
        for _ in range(2000):
            self.changed.clear()
            result = self.session.results.take()
            if result is not None:
                self.shown.append(result)
            state = self.session.state()
            if condition(state):
                return state
            if result is None:
                assert self.changed.wait(TIMEOUT_S), f"nothing happened; state {state}"
        raise AssertionError(f"never came; state {self.session.state()}")

    def wait_phase(self, phase: Phase) -> SessionState:
        return self.wait(lambda state: state.phase is phase)

    def wait_shown(self, index: int) -> Result:
        self.wait(lambda _: bool(self.shown) and self.shown[-1].frame.index == index)
        return self.shown[-1]


def shown(driver: Driver) -> list[int]:
    """The indices of the frames seen so far."""
    return [result.frame.index for result in driver.shown]


@contextmanager
def running(
    source: Source | Callable[[], Source],
    predictor: Predictor | Callable[[], Predictor] | None = None,
    playback: Playback | None = None,
    sinks: tuple[Sink, ...] = (),
    memory: Memory | None = None,
    begin_at_s: float | None = None,
) -> Iterator[Driver]:
    changed = threading.Event()
    predictor = predictor or FakePredictor()
    session = Session(
        source if callable(source) else lambda: source,
        predictor if callable(predictor) else lambda: predictor,
        playback=playback,
        on_change=changed.set,
        memory=memory,
        begin_at_s=begin_at_s,
    )
    for sink in sinks:
        session.add_sink(sink)
    thread = threading.Thread(target=session.run)
    thread.start()
    try:
        yield Driver(session, changed)
    finally:
        session.stop()
        thread.join(TIMEOUT_S)
        assert not thread.is_alive()
