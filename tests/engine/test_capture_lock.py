"""Recording shuts everybody else out, and waits for nobody who takes long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from engine.kernels.capture_lock import CaptureLock

SOON_S = 30.0
NOT_YET_S = 0.05


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def hold(lock: CaptureLock, how: str, entered: threading.Event, leave: threading.Event) -> None:
    with getattr(lock, how)():
        entered.set()
        assert leave.wait(SOON_S)


class Holder:
    """A thread that holds the lock until it is told to let go."""

    def __init__(self, threads: ThreadPoolExecutor, lock: CaptureLock, how: str) -> None:
        self.entered, self._leave = threading.Event(), threading.Event()
        self._done: Future[None] = threads.submit(hold, lock, how, self.entered, self._leave)

    def let_go(self) -> None:
        self._leave.set()
        self._done.result(SOON_S)


def wait_until_wanted(lock: CaptureLock) -> None:
    """Until somebody waits to record; from then on nobody new may work."""
    tick = threading.Event()
    for _ in range(round(SOON_S / 0.01)):
        if lock._recording:
            return
        tick.wait(0.01)
    pytest.fail("nobody asks to record")


def test_many_work_at_once(threads: ThreadPoolExecutor) -> None:
    lock = CaptureLock()
    holders = [Holder(threads, lock, "working") for _ in range(3)]
    assert all(holder.entered.wait(SOON_S) for holder in holders)
    for holder in holders:
        holder.let_go()


@pytest.mark.parametrize("other", ["working", "recording"])
def test_who_records_is_alone(threads: ThreadPoolExecutor, other: str) -> None:
    lock = CaptureLock()
    recorder = Holder(threads, lock, "recording")
    assert recorder.entered.wait(SOON_S)
    second = Holder(threads, lock, other)
    assert not second.entered.wait(NOT_YET_S)
    recorder.let_go()
    assert second.entered.wait(SOON_S)
    second.let_go()


def test_a_stream_of_work_does_not_keep_a_recording_waiting(threads: ThreadPoolExecutor) -> None:
    lock = CaptureLock()
    worker = Holder(threads, lock, "working")
    assert worker.entered.wait(SOON_S)
    recorder = Holder(threads, lock, "recording")
    wait_until_wanted(lock)
    assert not recorder.entered.wait(NOT_YET_S)
    late = Holder(threads, lock, "working")
    assert not late.entered.wait(NOT_YET_S)
    worker.let_go()
    assert recorder.entered.wait(SOON_S)
    assert not late.entered.is_set()
    recorder.let_go()
    assert late.entered.wait(SOON_S)
    late.let_go()


def test_steps_of_one_thread_nest_also_while_somebody_waits_to_record(
    threads: ThreadPoolExecutor,
) -> None:
    lock = CaptureLock()
    with lock.working():
        recorder = Holder(threads, lock, "recording")
        assert not recorder.entered.wait(NOT_YET_S)
        with lock.working():
            pass
        assert not recorder.entered.is_set()
    assert recorder.entered.wait(SOON_S)
    recorder.let_go()
    with lock.recording(), lock.working():
        pass
    with lock.working():
        pass


def test_who_opens_keeps_recordings_off_and_lets_frames_pass(threads: ThreadPoolExecutor) -> None:
    lock = CaptureLock()
    with lock.opening:
        worker = Holder(threads, lock, "working")
        assert worker.entered.wait(SOON_S)
        worker.let_go()
        recorder = Holder(threads, lock, "recording")
        assert not recorder.entered.wait(NOT_YET_S)
        late = Holder(threads, lock, "working")
        assert late.entered.wait(SOON_S)
        late.let_go()
        with lock.recording():  # he who opens may
            pass
    assert recorder.entered.wait(SOON_S)
    recorder.let_go()


def test_a_thread_that_would_wait_for_itself_is_told() -> None:
    lock = CaptureLock()
    with lock.working(), pytest.raises(RuntimeError, match="cannot record"), lock.recording():
        pass
    with lock.recording():
        pass


def test_an_error_lets_the_others_in(threads: ThreadPoolExecutor) -> None:
    lock = CaptureLock()
    for how in (lock.working, lock.recording):
        with pytest.raises(KeyError), how():
            raise KeyError
    for how in ("working", "recording"):
        other = Holder(threads, lock, how)
        assert other.entered.wait(SOON_S)
        other.let_go()
