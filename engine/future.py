"""Opening things that may hang, on a thread that may be left behind."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

OURS = "bbe-"
"""How the names of the program's threads begin."""


class Closable(Protocol):
    """Something to be given back."""

    def close(self) -> None:
        """Give it back."""
        ...


T = TypeVar("T")
U = TypeVar("U")
C = TypeVar("C", bound=Closable)


def in_daemon_thread(call: Callable[[], T], on_done: Callable[[], None]) -> Future[T]:
    """Run `call` on a daemon thread; unlike an executor's it never holds up the exit.

    on_done is called in that thread once the future has its value or its error.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed over whole, as executors do
            future.set_exception(error)
        on_done()

    threading.Thread(target=run, name=f"{OURS}open", daemon=True).start()
    return future


def left_behind() -> bool:
    """Whether a daemon thread of the program lives that opens, reads or lists something."""
    return any(thread.daemon and thread.name.startswith(OURS) for thread in threading.enumerate())


class DaemonWorker:
    """A daemon thread that does one thing after the other, for what must stay on one thread."""

    def __init__(self, name: str) -> None:
        self._jobs: _Jobs = queue.SimpleQueue()
        self._stopped = False
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()

    def do(self, job: Callable[[], T]) -> T:
        """What `job` returns or raises, once it has run there. RuntimeError after `stop`."""
        return self.do_beside(job, lambda: None)[0]

    def do_beside(self, job: Callable[[], T], meanwhile: Callable[[], U]) -> tuple[T, U]:
        """As `do`; and what `meanwhile` returns or raises, which runs here at the same time."""
        if self._stopped:
            raise RuntimeError("the thread has been stopped")
        future: Future[T] = Future()
        self._jobs.put((job, future))
        try:
            try:
                beside = meanwhile()
            finally:
                done = future.result()
            return done, beside
        finally:
            del future  # it holds the error, whose traceback would hold it

    def stop(self) -> None:
        """End the thread when it has done what it was asked for; may be called twice."""
        self._stopped = True
        self._jobs.put(None)

    def __del__(self) -> None:
        self._jobs.put(None)


_Jobs = queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]


def _work(jobs: _Jobs) -> None:
    while (asked := jobs.get()) is not None:
        job, future = asked
        try:
            future.set_result(job())
        except BaseException as error:  # noqa: BLE001 - handed over whole, as executors do
            future.set_exception(error)
        del asked, job, future  # nothing is held while waiting


def close_when_open(opening: Future[C]) -> None:
    """Close what `opening` yields, now or whenever it comes; an error was seen elsewhere."""

    def close(future: Future[C]) -> None:
        if future.exception() is None:
            future.result().close()

    opening.add_done_callback(close)
