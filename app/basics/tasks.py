"""Work that may block, off the GUI thread, with its outcome brought back to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from engine.errors import EngineError, unexpected

log = logging.getLogger(__name__)

T = TypeVar("T")


class TaskRunner(QObject):
    """Owns short-lived threads, one per call; `close` joins them.

    The signal is empty and only wakes; outcomes wait in a queue. The threads are daemons:
    one that hangs in a device driver must not keep the process alive.
    """

    _woken = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outcomes: SimpleQueue[tuple[threading.Thread, Callable[[], None]]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._writers: list[threading.Thread] = []
        self._closed = False
        self._woken.connect(self._deliver)

    def start(
        self,
        name: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[EngineError], None],
        must_finish: bool = False,
    ) -> None:
        """Run `work` in a thread, then `done` or `failed` in the GUI thread.

        must_finish: it writes a file; quitting waits for it.
        """
        if self._closed:
            return

        def run() -> None:
            try:
                value = work()
            except EngineError as error:
                failure = error
                self._finish(thread, lambda: failed(failure))
            except Exception as error:
                log.error("%s failed unexpectedly", name, exc_info=error)
                told = unexpected(error, "Something", EngineError)
                self._finish(thread, lambda: failed(told))
            else:
                self._finish(thread, lambda: done(value))

        thread = threading.Thread(target=run, name=f"bbe-task-{name}", daemon=True)
        self._threads = [old for old in self._threads if old.is_alive()] + [thread]
        if must_finish:
            self._writers.append(thread)
        thread.start()

    def close(self, timeout_s: float = 0.2) -> None:
        """No outcome is delivered any more; waits at most `timeout_s` in all."""
        self._closed = True
        deadline_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    @property
    def writing(self) -> bool:
        """True while work that must finish is under way, or its outcome still waits."""
        return bool(self._writers)

    def _finish(self, thread: threading.Thread, outcome: Callable[[], None]) -> None:
        if not self._closed:
            self._outcomes.put((thread, outcome))
            self._woken.emit()

    def _deliver(self) -> None:
        while not self._closed and not self._outcomes.empty():
            thread, outcome = self._outcomes.get()
            if thread in self._writers:
                self._writers.remove(thread)
            outcome()
