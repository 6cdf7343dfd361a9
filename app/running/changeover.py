"""One session after another: the next begins when the last has given its device back."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.running.worker import EngineThread

PATIENCE_MS = 2500
"""So long the next session waits for the last one; a device that hangs is given up then."""


class Changeover(QObject):
    """Keeps the threads of sessions that are being stopped until they have ended.

    due: what was asked for may begin.
    """

    due = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._retired: list[EngineThread] = []
        self._asked = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._begin)

    @property
    def running(self) -> bool:
        """True while a thread that was stopped lives."""
        return bool(self._retired)

    def retire(self, thread: EngineThread) -> None:
        """Stop it; whatever it waits for is left to it."""
        thread.session.stop()
        if thread.isFinished():
            thread.deleteLater()
        else:
            self._retired.append(thread)

    def ask(self) -> None:
        """Tell as soon as the next one may begin, perhaps at once."""
        self._asked = True
        if self._retired:
            self._timer.start()
        else:
            self._begin()

    def forget(self) -> None:
        """Nothing is to begin any more."""
        self._asked = False
        self._timer.stop()

    def on_ended(self, thread: EngineThread) -> None:
        """A thread is over."""
        if thread not in self._retired:
            return
        self._retired.remove(thread)
        thread.deleteLater()
        if not self._retired:
            self._begin()

    def _begin(self) -> None:
        self._timer.stop()
        if self._asked:
            self._asked = False
            self.due.emit()
