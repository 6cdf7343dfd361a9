"""The thread in which a session runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QThread, pyqtSignal

from engine.config import Settings
from engine.playback import Playback
from engine.predictor import Predictor
from engine.source.base import Source

if TYPE_CHECKING:
    from engine.session import Memory, Session


class EngineThread(QThread):
    """Owns one `Session` and runs it; ends when the session is stopped.

    changed: empty, only wakes. The newest result waits in `session.results`, the state in
    `session.state()`; both are read in the GUI thread. ended: the thread itself, when it is
    over; emitted in the GUI thread.
    """

    changed = pyqtSignal()
    ended = pyqtSignal(object)

    def __init__(
        self,
        session_type: type[Session],
        open_source: Callable[[], Source],
        open_predictor: Callable[[], Predictor],
        settings: Settings,
        playback: Playback,
        parent: QObject | None = None,
        memory: Memory | None = None,
        begin_at_s: float | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session_type(
            open_source,
            open_predictor,
            settings,
            playback,
            on_change=self.changed.emit,
            memory=memory,
            begin_at_s=begin_at_s,
        )
        self.finished.connect(self._tell_end)

    def run(self) -> None:
        """Play until the session is stopped."""
        self.session.run()

    def _tell_end(self) -> None:
        self.ended.emit(self)
