"""The thread in which a session runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QThread, pyqtSignal

if TYPE_CHECKING:
    from engine.session import Session


class EngineThread(QThread):
    """Owns one `Session` and runs it; ends when the session is stopped.

    make_session: called with `on_change`.
    changed: empty, only wakes. The newest result waits in `session.results`, the state in
    `session.state()`; both are read in the GUI thread. ended: the thread itself, when it is
    over; emitted in the GUI thread.
    """

    changed = pyqtSignal()
    ended = pyqtSignal(object)

    def __init__(self, make_session: Callable[..., Session], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = make_session(on_change=self.changed.emit)
        self.finished.connect(self._tell_end)

    def run(self) -> None:
        """Play until the session is stopped."""
        self.session.run()

    def _tell_end(self) -> None:
        self.ended.emit(self)
