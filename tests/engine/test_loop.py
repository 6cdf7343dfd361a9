"""What the session's thread does between two sleeps: nothing that costs time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from engine.board import Board
from engine.config import Settings
from engine.fanout import SinkFanout
from engine.lookahead import Lookahead
from engine.loop import SessionLoop
from engine.pipeline import Pipeline
from engine.playback import Playback
from engine.reader import FrameReader
from engine.slot import LatestSlot
from engine.source.base import Source
from engine.types import Frame
from tests.fakes import FakePredictor, ListSource, coloured_box_image
from tests.waiting import TIMEOUT_S, wait_until

IMAGES = [coloured_box_image(4 + 2 * i) for i in range(40)]
LONG_FILM = IMAGES * 20
FILM_FPS = 25.0
"""Half a minute: however slow the machine, the film is not over when the network hangs."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Numba compiles at the first call on a machine; not while a test waits for the loop."""
    Pipeline(FakePredictor()).process(Frame(IMAGES[0], 0, 0.0, 0.0), Settings())


class TellingEvent(threading.Event):
    """Tells, while it is `watched`, when somebody waits without a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = False
        self.slept = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        if self.watched and timeout is None:
            self.slept.set()
        return super().wait(timeout)


class Network:
    """A predictor that hangs from the second frame on, until `go_on`.

    looked_ahead: set once a frame after the one that hangs has been prepared.
    """

    def __init__(self) -> None:
        self.busy, self.go_on = threading.Event(), threading.Event()
        self.looked_ahead = threading.Event()
        self.prepared = [0]
        self._hanging = 10**9
        self.predictor = FakePredictor(before=self._hang, before_prepare=self._note)

    def _hang(self, frame: Frame) -> None:
        if frame.index > 0:
            self._hanging = min(self._hanging, frame.index)
            self._look()
            self.busy.set()
            assert self.go_on.wait(TIMEOUT_S)

    def _note(self, frame: Frame) -> None:
        self.prepared.append(frame.index)
        self._look()

    def _look(self) -> None:
        if max(self.prepared) > self._hanging:  # in either order: two threads prepare
            self.looked_ahead.set()


@dataclass(frozen=True)
class RunningLoop:
    """A loop in a thread of its own, and what it is told, woken by and fed from."""

    board: Board
    wake: TellingEvent
    reader: FrameReader

    def wait_for_frame(self, index: int) -> None:
        """Return when it lies there to be taken."""
        wait_until(lambda: any(frame.index >= index for frame in self.reader.waiting))

    def wait_until_it_sleeps(self) -> None:
        self.wake.watched = True
        self.wake.set()
        assert self.wake.slept.wait(TIMEOUT_S)


@contextmanager
def running(source: Source, network: Network) -> Iterator[RunningLoop]:
    board = Board(Settings(), Playback(), lambda: None)
    board.wake = wake = TellingEvent()
    reader = FrameReader(lambda: source, wake.set)
    pipeline = Pipeline(network.predictor)
    with Lookahead(pipeline) as lookahead:
        slots = LatestSlot(), LatestSlot()
        loop = SessionLoop(board, reader, pipeline, lookahead, SinkFanout(), *slots)
        thread = threading.Thread(target=loop.run)
        thread.start()
        try:
            yield RunningLoop(board, wake, reader)
        finally:
            board.stop.set()
            network.go_on.set()
            wake.set()
            thread.join()
            reader.close()


def test_while_the_network_is_busy_nobody_asks_for_the_next_frame_again_and_again() -> None:
    """The frame after it may be due already; a processor that spins is missing elsewhere."""
    network = Network()
    with running(ListSource(IMAGES, fps=1000.0), network) as loop:
        assert network.busy.wait(TIMEOUT_S)
        loop.wait_for_frame(1)
        loop.wait_until_it_sleeps()


def test_the_next_frame_of_a_film_is_prepared_while_the_network_is_busy() -> None:
    network = Network()
    with running(ListSource(LONG_FILM, FILM_FPS), network):
        assert network.looked_ahead.wait(TIMEOUT_S)


def test_another_network_takes_over_from_one_that_was_looking_ahead() -> None:
    """Neither runs what was prepared for the other: the fakes see to that."""
    network, taken_over = Network(), threading.Event()
    second = FakePredictor(lambda _frame: taken_over.set(), input_long_side=257)
    with running(ListSource(LONG_FILM, FILM_FPS), network) as loop:
        assert network.looked_ahead.wait(TIMEOUT_S)
        loop.board.wish_predictor(lambda: second)
        network.go_on.set()
        assert taken_over.wait(TIMEOUT_S)
        assert network.predictor.closed.is_set()


def test_of_a_live_source_nothing_is_prepared_before_the_network_is_free() -> None:
    network, gate = Network(), threading.Semaphore(2)
    source = ListSource(IMAGES[:6], live=True, gate=gate)
    with running(source, network) as loop:
        assert network.busy.wait(TIMEOUT_S)
        gate.release(4)
        loop.wait_for_frame(5)
        loop.wait_until_it_sleeps()
        assert not network.looked_ahead.is_set()
        network.go_on.set()
        assert network.looked_ahead.wait(TIMEOUT_S)
        assert network.prepared[-1] == 5
        gate.release(10)
