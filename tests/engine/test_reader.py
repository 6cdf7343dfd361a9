"""The thread that reads a source, and what it says of itself meanwhile."""

from __future__ import annotations

import threading

from engine.reader import FrameReader
from engine.source.first_frames import FirstFrames
from tests.fakes import ListSource, coloured_box_image
from tests.waiting import TIMEOUT_S, wait_until


class SoughtSource(ListSource):
    """Tells when it was sent elsewhere; what follows waits for the gate."""

    def __init__(self, gate: threading.Semaphore) -> None:
        super().__init__([coloured_box_image(8)] * 2, gate=gate)
        self.sought = threading.Event()

    def seek(self, time_s: float) -> None:
        super().seek(time_s)
        self.sought.set()


def test_a_film_that_was_sent_back_from_its_end_is_not_at_its_end():
    """Else a loop would begin again, and again, while the first picture is looked for."""
    gate = threading.Semaphore(0)
    source = SoughtSource(gate)
    reader = FrameReader(lambda: source)
    gate.release(3)
    for _ in range(2):
        wait_until(lambda: reader.waiting)
        assert reader.take() is not None
    wait_until(lambda: reader.ended)
    reader.seek(0.0)
    assert source.sought.wait(TIMEOUT_S)
    assert not reader.ended
    gate.release(3)
    wait_until(lambda: reader.waiting)
    frame = reader.take()
    assert frame is not None
    assert frame.index == 0
    assert reader.close(TIMEOUT_S)


def test_a_source_that_cannot_be_searched_goes_on_when_it_was_sought_before_it_was_open():
    opened = threading.Event()

    def open_source() -> FirstFrames:
        assert opened.wait(TIMEOUT_S)
        return FirstFrames(ListSource([coloured_box_image(8)]), 1)

    reader = FrameReader(open_source)
    reader.seek(5.0)
    opened.set()
    wait_until(lambda: reader.waiting or reader.error)
    assert reader.error is None
    assert reader.take() is not None
    assert reader.close(TIMEOUT_S)
