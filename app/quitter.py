"""Closing the window in order: source, network, files; the GUI thread waits for none of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.banner import Choice, Level

if TYPE_CHECKING:
    from app.main_window import MainWindow

POLL_MS = 20
GIVE_UP_S = 2.8
"""So long a device or a network that hangs can hold up the end; a file never is given up."""

QUESTION = "An export is running."


class Quitter(QObject):
    """Runs once. done: the window may go."""

    done = pyqtSignal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._began_s: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        window.keeping.exporting.changed.connect(self._forget_question)

    def ask(self) -> None:
        """Stop everything, but an export, which may have taken hours, only when asked twice."""
        if self._is_asking or not self._window.keeping.exporting.active:
            self.begin()
            return
        self._window.stage.banner.post(
            Level.WARNING,
            QUESTION,
            "Quitting now ends it; what was written until then stays playable.",
            [Choice("Go on exporting", self._forget_question), Choice("Quit", self.begin)],
        )

    @property
    def _is_asking(self) -> bool:
        banner = self._window.stage.banner
        return not banner.isHidden() and banner.text.startswith(QUESTION)

    def _forget_question(self) -> None:
        if self._window.stage.banner.text.startswith(QUESTION):
            self._window.stage.banner.dismiss()

    def begin(self) -> None:
        """Stop everything; calling again changes nothing."""
        if self._began_s is not None:
            return
        self._began_s = time.monotonic()
        window = self._window
        if window.keeping.writing:
            window.stage.banner.post(
                Level.INFO,
                "Finishing…",
                "The file is being finished; the window closes by itself.",
                [Choice("Quit anyway", self._end)],
            )
        window.keeping.exporting.cancel()
        window.keeping.recording.source_gone()
        window.player.close()
        window.sound.end()
        self._timer.start()
        self._look()

    def _look(self) -> None:
        if self._began_s is None or not self._timer.isActive():
            return
        waited_s = time.monotonic() - self._began_s
        writing = self._window.keeping.writing
        running = self._window.player.running or self._window.sound.running
        if not writing and (not running or waited_s > GIVE_UP_S):
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self._window.tasks.close()
        self.done.emit()
