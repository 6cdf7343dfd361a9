"""Who may use a GPU while CUDA records a graph: nobody but the one who records.

ONNX Runtime (1.31, and the development version of August 2026) records in CUDA's global
mode: what another thread of the process meanwhile allocates or frees is refused, and what
was recorded is lost. Opening a session waits for the whole device, and so does freeing one;
that a graph is being recorded, in whatever mode, CUDA answers with an error on both sides.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class CaptureLock:
    """Many threads may work on the devices, or one may record.

    opening: held by who opens a network, from before its session is made until after its
    graph is recorded, and by who records. An opening takes seconds: who wants to record
    waits for it here, where the frames of others need not wait with him. Not to be asked
    for by a thread that is `working`.
    """

    def __init__(self) -> None:
        self.opening = threading.RLock()
        self._changed = threading.Condition()
        self._workers = 0
        self._recording = False
        self._of_thread = threading.local()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Use the devices without recording; waits while somebody records, or wants to.

        Not needed while `opening` is held.
        """
        depth: int = getattr(self._of_thread, "depth", 0)
        if depth == 0:
            with self._changed:
                self._changed.wait_for(lambda: not self._recording)
                self._workers += 1
        self._of_thread.depth = depth + 1
        try:
            yield
        finally:
            self._of_thread.depth = depth
            if depth == 0:
                with self._changed:
                    self._workers -= 1
                    self._changed.notify_all()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Use the devices alone, once all that are working have finished.

        RuntimeError in a thread that is `working`: it would wait for itself.
        """
        if getattr(self._of_thread, "depth", 0):
            raise RuntimeError("a thread that works on a device cannot record")
        with self.opening:
            try:
                with self._changed:
                    self._recording = True
                    self._changed.wait_for(lambda: not self._workers)
                self._of_thread.depth = 1
                yield
            finally:
                self._of_thread.depth = 0
                with self._changed:
                    self._recording = False
                    self._changed.notify_all()


CAPTURES = CaptureLock()
"""The one of this process: a graph in CUDA's global mode concerns all its threads."""
