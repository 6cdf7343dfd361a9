"""A hand-over that keeps only the newest item, so that a slow reader never builds a queue."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """One place between two threads; the newest item wins and the overwritten are counted.

    `put` tells whether the reader needs waking, so that however slow the reader is, at
    most one wake-up is under way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._item: T | None = None
        self._overwritten = 0

    def put(self, item: T) -> bool:
        """Leave `item`; True if the slot was empty, so that the reader must be woken."""
        with self._lock:
            was_empty = self._item is None
            if not was_empty:
                self._overwritten += 1
            self._item = item
            return was_empty

    def take(self) -> T | None:
        """The newest item, once; None when there is nothing new."""
        with self._lock:
            item, self._item = self._item, None
            return item

    @property
    def overwritten(self) -> int:
        """How many items were replaced before anyone took them."""
        with self._lock:
            return self._overwritten
