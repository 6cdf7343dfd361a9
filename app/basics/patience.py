"""Opening a source that is not there yet: a camera that was unplugged, a server that restarts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from engine.errors import SourceError, SourceLost
from engine.source.base import Source

log = logging.getLogger(__name__)

RETRY_S = 2.0


class PatientOpening:
    """Opens a source as soon as it can be opened, trying every `RETRY_S`; first after one.

    Called in a thread that may block, as sessions do. `cancel` may be called in any thread.
    """

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open_source = open_source
        self._cancelled = threading.Event()

    def __call__(self) -> Source:
        """The open source. Raises `SourceLost` once cancelled."""
        while not self._cancelled.wait(RETRY_S):
            try:
                return self._open_source()
            except SourceError as error:
                log.debug("the source is not back yet: %s", error)
        raise SourceLost("The source is not looked for any more.")

    def cancel(self) -> None:
        """Try no more; returns at once."""
        self._cancelled.set()
