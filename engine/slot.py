"""A hand-over that keeps only the newest item, so that a slow reader never builds a queue."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """One place between two threads; the newest item wins.

    `put` tells whether the reader needs waking, so that however slow the reader is, at
    most one wake-up is under way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._item: T | None = None

    def put(self, item: T) -> bool:
        """Leave `item`; True if the slot was empty, so that the reader must be woken."""
        with self._lock:
            was_empty = self._item is None
            self._item = item
            return was_empty

    def take(self) -> T | None:
        """The newest item, once; None when there is nothing new."""
        with self._lock:
            item, self._item = self._item, None
            return item
