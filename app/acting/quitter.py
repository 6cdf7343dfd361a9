"""Closing the window in order: source, network, files; the GUI thread waits for none of them."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.acting.sound import Sound
from app.basics.tasks import TaskRunner
from app.running.exporting import Exporting
from app.running.player import Player
from app.running.recording import Recording
from app.shown.banner import Banner, Choice, Level

POLL_MS = 20
GIVE_UP_S = 2.8
"""So long a device or a network that hangs can hold up the end; a file never is given up."""

QUESTION = "An export is running."


class Quitter(QObject):
    """Runs once. done: the window may go."""

    done = pyqtSignal()

    def __init__(
        self,
        player: Player,
        sound: Sound,
        recording: Recording,
        exporting: Exporting,
        tasks: TaskRunner,
        banner: Banner,
    ) -> None:
        super().__init__(player)
        self._player, self._sound, self._recording = player, sound, recording
        self._exporting, self._tasks, self._banner = exporting, tasks, banner
        self._began_s: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        exporting.changed.connect(self._on_exporting)

    @property
    def writing(self) -> bool:
        """True while a file is not finished."""
        recording = self._recording.active or self._recording.finishing
        return recording or self._exporting.active or self._tasks.writing

    @property
    def running(self) -> bool:
        """True while any thread lives that cannot be ended from outside."""
        return self._player.running or self._sound.running

    def ask(self) -> None:
        """Stop everything, but an export, which may have taken hours, only when asked twice."""
        if self._is_asking or not self._exporting.wanted:
            self.begin()
            return
        self._banner.post(
            Level.WARNING,
            QUESTION,
            "Quitting now ends it; what was written until then stays playable.",
            [Choice("Go on exporting", self._forget_question), Choice("Quit", self.begin)],
        )

    @property
    def _is_asking(self) -> bool:
        return not self._banner.isHidden() and self._banner.text.startswith(QUESTION)

    def _on_exporting(self) -> None:
        if not self._exporting.wanted:
            self._forget_question()

    def _forget_question(self) -> None:
        if self._banner.text.startswith(QUESTION):
            self._banner.dismiss()

    def begin(self) -> None:
        """Stop everything; calling again changes nothing."""
        if self._began_s is not None:
            return
        self._began_s = time.monotonic()
        if self.writing:
            self._banner.post(
                Level.INFO,
                "Finishing…",
                "The file is being finished; the window closes by itself.",
                [Choice("Quit anyway", self._end)],
            )
        self._exporting.cancel()
        self._recording.source_gone()
        self._player.close()
        self._sound.end()
        self._timer.start()
        self._look()

    def _look(self) -> None:
        if self._began_s is None or not self._timer.isActive():
            return
        waited_s = time.monotonic() - self._began_s
        if not self.writing and (not self.running or waited_s > GIVE_UP_S):
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self._tasks.close()
        self.done.emit()
