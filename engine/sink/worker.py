"""A thread of a sink's own behind a bounded queue: the pipeline never waits for an encoder."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from engine.errors import EngineError
from engine.sink.base import sink_failure

T = TypeVar("T")

MOST_BYTES = 512 * 2**20
"""More than this does not wait; of 8K film, sixteen pictures would fill the memory of a laptop."""


class WhenFull(Enum):
    """What happens to an item for which the queue has no room."""

    DROP = "drop"
    """It is dropped and counted: live, where waiting would delay the picture."""
    WAIT = "wait"
    """The caller waits: offline, where nothing may be lost."""


class Worker(Generic[T]):
    """Works off items in order on one thread; owns and joins that thread.

    work: called with each item. finish: called once at the end, also after an error of
    `work`. size_of: bytes that an item keeps, all about the same. The first error of either is
    raised as `SinkError` by the next `put`, or by `close` if no `put` has raised it.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[T], None],
        finish: Callable[[], None],
        capacity: int,
        when_full: WhenFull,
        size_of: Callable[[T], int] = lambda _: 0,
    ) -> None:
        self._work, self._finish, self._size_of = work, finish, size_of
        self._capacity, self._when_full = capacity, when_full
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._error: EngineError | None = None
        self._error_told = False
        self._dropped = 0
        self._done = 0
        # A daemon, so that a program that dies without closing its sinks can end at all.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Items for which there was no room."""
        return self._dropped

    @property
    def done(self) -> int:
        """Items worked off without an error."""
        return self._done

    def put(self, item: T) -> None:
        """Queue one item. Raises `SinkError` if the thread has failed.

        After `close` it is ignored: whoever closes is another thread than who puts.
        """
        with self._changed:
            if self._when_full is WhenFull.WAIT:
                self._changed.wait_for(self._has_room)
            if self._closing:
                return
            self._raise_error()
            if self._has_room():
                self._items.append(item)
                self._changed.notify_all()
            else:
                self._dropped += 1

    def close(self) -> None:
        """Work off what is queued, finish, join. A second call does nothing."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if not self._error_told:
            self._raise_error()

    def _has_room(self) -> bool:
        return len(self._items) < self._limit() or self._closing or self._error is not None

    def _limit(self) -> int:
        size = self._size_of(self._items[0]) if self._items else 0
        return min(self._capacity, max(1, MOST_BYTES // size)) if size else self._capacity

    def _raise_error(self) -> None:
        if self._error is not None:
            self._error_told = True
            raise self._error

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._work(item)
                self._done += 1
        except Exception as error:  # noqa: BLE001 - a worker's failure is a value
            self._fail(error)
        try:
            self._finish()
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _next(self) -> T | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closing)
            item = self._items.popleft() if self._items else None
            self._changed.notify_all()
            return item

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if self._error is None:
                self._error = sink_failure(error)
            self._items.clear()
            self._changed.notify_all()
