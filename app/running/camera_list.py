"""The cameras of this machine, listed in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.tasks import TaskRunner
from app.held.backend import Entry
from engine.errors import EngineError


class CameraList(QObject):
    """Knows those that were listed last. listed: these. failed: an `EngineError`."""

    listed = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, list_cameras: Callable[[], Sequence[Entry]], tasks: TaskRunner) -> None:
        super().__init__(tasks)
        self.known: Sequence[Entry] = ()
        self._list_cameras, self._tasks = list_cameras, tasks
        self._listing = False

    def look(self) -> None:
        """List them; a driver may take seconds to answer."""
        if not self._listing:
            self._listing = True
            self._tasks.start("cameras", self._list_cameras, self._on_listed, self._on_failed)

    def _on_listed(self, cameras: Sequence[Entry]) -> None:
        self._listing = False
        self.known = cameras
        self.listed.emit(cameras)

    def _on_failed(self, error: EngineError) -> None:
        self._listing = False
        self.failed.emit(error)
