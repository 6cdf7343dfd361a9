"""The thread behind a sink: order, bounds, and failures as values."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

from engine.errors import SinkError
from engine.sink.worker import WhenFull, Worker


class Recorded:
    """Work that waits for `gate` if there is one and fails at the item "bad"."""

    def __init__(self, gate: threading.Semaphore | None = None) -> None:
        self.items: list[str] = []
        self.finished = 0
        self.started = threading.Semaphore(0)
        self._gate = gate

    def work(self, item: str) -> None:
        self.started.release()
        if self._gate:
            self._gate.acquire()
        if item == "bad":
            raise SinkError("The disk is full.")
        if item == "worse":
            raise ZeroDivisionError("a bug")
        self.items.append(item)

    def finish(self) -> None:
        self.finished += 1

    def start(self, when_full: WhenFull = WhenFull.WAIT, capacity: int = 2) -> Worker[str]:
        return Worker("test", self.work, self.finish, capacity, when_full)


def test_items_are_worked_off_in_order_and_the_end_comes_once() -> None:
    recorded = Recorded()
    worker = recorded.start()
    for item in "abcdef":
        worker.put(item)
    worker.close()
    worker.close()
    assert recorded.items == list("abcdef")
    assert (recorded.finished, worker.done, worker.dropped) == (1, 6, 0)


def test_a_failure_is_raised_by_the_next_put_and_not_again_by_close() -> None:
    gate = threading.Semaphore(0)
    recorded = Recorded(gate)
    worker = recorded.start(capacity=1)
    worker.put("bad")
    recorded.started.acquire()
    worker.put("queued")
    blocked = threading.Thread(target=gate.release)
    blocked.start()
    with pytest.raises(SinkError, match="disk is full"):  # waits for room until the failure
        worker.put("too late")
    blocked.join()
    worker.close()
    assert recorded.items == []
    assert recorded.finished == 1


def test_a_failure_lets_go_of_the_pictures_that_waited() -> None:
    """Whoever tells of it keeps the sink, and sixteen pictures of a large film fill a memory."""
    go_on = threading.Event()

    def fail(_picture: np.ndarray) -> None:
        go_on.wait()
        raise SinkError("The disk is full.")

    worker = Worker("test", fail, lambda: None, 4, WhenFull.DROP)
    pictures = [np.zeros(8) for _ in range(3)]
    kept = [weakref.ref(picture) for picture in pictures]
    for picture in pictures:
        worker.put(picture)
    del picture, pictures
    go_on.set()
    with pytest.raises(SinkError, match="disk is full"):
        worker.close()
    gc.collect()
    assert all(picture() is None for picture in kept[1:])


def test_a_failure_nobody_saw_is_raised_by_close() -> None:
    recorded = Recorded()
    worker = recorded.start()
    worker.put("bad")
    with pytest.raises(SinkError, match="disk is full"):
        worker.close()
    worker.close()


def test_a_bug_is_a_failure_too() -> None:
    worker = Recorded().start()
    worker.put("worse")
    with pytest.raises(SinkError, match="a bug"):
        worker.close()


def test_closing_frees_a_caller_that_waits_for_room() -> None:
    gate = threading.Semaphore(0)
    recorded = Recorded(gate)
    worker = recorded.start(capacity=1)
    worker.put("a")
    recorded.started.acquire()
    worker.put("b")
    caller = threading.Thread(target=worker.put, args=("c",))
    caller.start()
    closer = threading.Thread(target=worker.close)
    closer.start()
    caller.join()
    gate.release(3)
    closer.join()
    assert recorded.items == ["a", "b"]
