"""What the session's thread does between two sleeps: nothing that costs time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.board import Board
from engine.config import Settings
from engine.fanout import SinkFanout
from engine.loop import SessionLoop
from engine.pipeline import Pipeline
from engine.playback import Playback
from engine.reader import FrameReader
from engine.slot import LatestSlot
from engine.types import Frame
from tests.fakes import FakePredictor, ListSource, coloured_box_image

TIMEOUT_S = 60.0


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


@pytest.fixture
def network() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_while_the_network_is_busy_nobody_asks_for_the_next_frame_again_and_again(
    network: ThreadPoolExecutor,
) -> None:
    """The frame after it may be due already; a processor that spins is missing elsewhere."""
    busy, go_on = threading.Event(), threading.Event()

    def hang_on_the_third(frame: Frame) -> None:
        if frame.index >= 2:
            busy.set()
            assert go_on.wait(TIMEOUT_S)

    board = Board(Settings(), Playback(), lambda: None)
    board.wake = wake = TellingEvent()
    reader = FrameReader(lambda: ListSource([coloured_box_image(8)] * 40, fps=1000.0), wake.set)
    pipeline = Pipeline(FakePredictor(before=hang_on_the_third))
    loop = SessionLoop(board, reader, pipeline, network, SinkFanout(), LatestSlot())
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        assert busy.wait(TIMEOUT_S)
        while not reader.peek_times_s():
            reader.wait(TIMEOUT_S)
        wake.watched = True
        wake.set()
        assert wake.slept.wait(TIMEOUT_S)
    finally:
        board.stop.set()
        go_on.set()
        wake.set()
        thread.join()
        reader.close()
