"""The engine's heavy half, imported in a thread, so that the window need not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.tasks import TaskRunner
from app.held.backend import Backend
from engine.board import Board, Phase
from engine.config import Settings
from engine.errors import EngineError
from engine.playback import Playback

if TYPE_CHECKING:
    from engine.session import Session


class EngineLoading(QObject):
    """Imports it once; after a failure once more when asked.

    session_type: None until it is `loaded`. failed: the state of a session that cannot begin.
    """

    loaded = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, backend: Backend, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session_type: type[Session] | None = None
        self._load, self._tasks = backend.load_session, tasks
        self._is_loading = False

    def begin(self) -> None:
        """Returns at once."""
        if self.session_type is None and not self._is_loading:
            self._is_loading = True
            self._tasks.start("engine", self._load, self._on_loaded, self._on_failed)

    def _on_loaded(self, session_type: type[Session]) -> None:
        self.session_type, self._is_loading = session_type, False
        self.loaded.emit()

    def _on_failed(self, error: EngineError) -> None:
        self._is_loading = False
        board = Board(Settings(), Playback(), lambda: None)
        board.show_phase(Phase.FAILED, error)
        self.failed.emit(board.snapshot(()))
