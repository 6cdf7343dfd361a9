"""A thread of its own for what must stay on one."""

from __future__ import annotations

import threading
import time

import pytest

from engine.future import DaemonWorker


def test_everything_runs_in_its_order_on_that_thread() -> None:
    worker = DaemonWorker("bbe-test")
    threads = [worker.do(threading.current_thread) for _ in range(3)]
    assert {thread.name for thread in threads} == {"bbe-test"}
    assert threads[0].daemon
    assert len(set(threads)) == 1
    worker.stop()


def test_an_error_comes_out_where_it_was_asked_for_and_the_thread_goes_on() -> None:
    worker = DaemonWorker("bbe-test")

    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        worker.do(fail)
    assert worker.do(lambda: 7) == 7
    worker.stop()


@pytest.mark.parametrize("how", ["stopped", "forgotten"])
def test_the_thread_ends_with_its_worker(how: str) -> None:
    worker = DaemonWorker("bbe-test")
    thread = worker.do(threading.current_thread)
    if how == "stopped":
        worker.stop()
        worker.stop()
        with pytest.raises(RuntimeError, match="stopped"):
            worker.do(time.time)
    else:
        del worker
    thread.join(60)
    assert not thread.is_alive()


def test_what_is_done_beside_runs_here_at_the_same_time() -> None:
    worker = DaemonWorker("bbe-test")
    here, there = threading.Event(), threading.Event()

    def job() -> bool:
        there.set()
        return here.wait(60)

    def meanwhile() -> str:
        assert there.wait(60)
        here.set()
        return threading.current_thread().name

    assert worker.do_beside(job, meanwhile) == (True, threading.current_thread().name)
    worker.stop()


def test_an_error_beside_waits_for_what_runs_there() -> None:
    worker = DaemonWorker("bbe-test")
    failed, finished = threading.Event(), threading.Event()

    def job() -> None:
        assert failed.wait(60)
        finished.set()

    def fail() -> None:
        failed.set()
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        worker.do_beside(job, fail)
    assert finished.is_set()
    worker.stop()
