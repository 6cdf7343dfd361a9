"""The thread that decodes and plays the sound of films."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QThread, QTimer, pyqtSignal, pyqtSlot

if TYPE_CHECKING:
    from engine.sound.output import SoundOutput
    from engine.sound.player import SoundPlayer


class SoundThread(QThread):
    """Owns one `SoundPlayer` and pumps it when it is due; `end` stops it.

    problem_changed: `player.problem` is another; empty, only wakes.
    """

    problem_changed = pyqtSignal()
    woken = pyqtSignal()

    def __init__(
        self, open_output: Callable[[], SoundOutput], parent: QObject | None = None
    ) -> None:
        from engine.sound.player import SoundPlayer

        super().__init__(parent)
        self.player = SoundPlayer(open_output, self.woken.emit, self.problem_changed.emit)

    def run(self) -> None:
        """Play until `end`."""
        pump = _Pump(self.player)
        self.woken.connect(pump.work, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]  # not in stubs
        pump.work()
        try:
            self.exec()
        finally:
            pump.stop()
            self.player.close()

    def end(self) -> None:
        """Stop soon; returns at once."""
        self.quit()


class _Pump(QObject):
    """Lives in the sound thread, so that its slots are called there."""

    def __init__(self, player: SoundPlayer) -> None:
        super().__init__()
        self._player = player
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.work)

    @pyqtSlot()
    def work(self) -> None:
        """Do what is due, and come back when the next thing is."""
        wait_s = self._player.pump()
        if wait_s is None:
            self._timer.stop()
        else:
            self._timer.start(math.ceil(wait_s * 1e3))

    def stop(self) -> None:
        """Do nothing more."""
        self._timer.stop()
