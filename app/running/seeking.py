"""Seeks one after the other, so that the picture follows a bar that is dragged."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer

PATIENCE_MS = 400
"""After this a seek whose picture has not come no longer holds up the next one."""


class SeekPacer(QObject):
    """Holds the newest wish until the picture of the seek under way is there.

    A seek cancels the one before it. A dragged bar wishes a hundred times a second, faster
    than pictures are found and shown: without a pause none would ever be seen.
    """

    def __init__(self, seek: Callable[[float], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seek = seek
        self._wanted_s: float | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self.shown)

    def want(self, time_s: float) -> None:
        """Go there, now or as soon as the last seek has been shown."""
        if self._timer.isActive():
            self._wanted_s = time_s
        else:
            self._seek(time_s)
            self._timer.start()

    def shown(self) -> None:
        """A picture arrived."""
        self._timer.stop()
        if self._wanted_s is not None:
            time_s, self._wanted_s = self._wanted_s, None
            self.want(time_s)

    def hurry(self) -> None:
        """Something else is about to follow the last wish: go there now."""
        if self._wanted_s is not None:
            self._seek(self._wanted_s)
            self._wanted_s = None

    def forget(self) -> None:
        """Another source: nothing is wanted any more."""
        self._timer.stop()
        self._wanted_s = None
