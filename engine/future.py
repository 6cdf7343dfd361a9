"""Opening things that may hang, on a thread that may be left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar


class Closable(Protocol):
    """Something to be given back."""

    def close(self) -> None:
        """Give it back."""
        ...


T = TypeVar("T")
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

    threading.Thread(target=run, name="bbe-open", daemon=True).start()
    return future


def close_when_open(opening: Future[C]) -> None:
    """Close what `opening` yields, now or whenever it comes; an error was seen elsewhere."""

    def close(future: Future[C]) -> None:
        if future.exception() is None:
            future.result().close()

    opening.add_done_callback(close)
