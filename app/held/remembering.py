"""Writes what the user chose, soon after it was chosen."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QWidget

from app.held.kept import Kept
from app.held.options import OptionsModel
from app.held.preferences import Preferences
from app.held.settings import SettingsStore

DELAY_MS = 800


class Remembering(QObject):
    """Keeps settings, view and place of the window for the next start.

    failed: the path of the file, which cannot be written.
    """

    failed = pyqtSignal(str)

    def __init__(
        self, window: QWidget, store: SettingsStore, options: OptionsModel, kept: Kept
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._options, self._kept = window, store, options, kept
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.save)
        options.changed.connect(self._save_soon)
        kept.changed.connect(self._save_soon)

    def restore_place(self) -> None:
        """The window where it stood last."""
        geometry = self._store.load_geometry()
        if geometry is not None:
            self._window.restoreGeometry(geometry)

    def save(self) -> None:
        """Write all of it now."""
        self.stop()
        kept = self._kept
        if not self._store.save(Preferences(self._options.stored, kept.runtime, kept.view)):
            self.failed.emit(self._store.path)
        if not self._window.isFullScreen():
            self._store.save_geometry(self._window.saveGeometry())

    def stop(self) -> None:
        """Nothing is written any more until something changes."""
        self._timer.stop()

    def _save_soon(self) -> None:
        self._timer.start()
