"""Where pictures and films are kept: the user's choice, else the system's own folders."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QStandardPaths, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from app.basics.saving import VIDEOS, output_folder
from app.held.kept import Kept
from app.shown.file_dialog import open_dialog


class OutputFolder(QObject):
    """Lets the user choose it. chosen: the path. window: what its dialog lies on."""

    chosen = pyqtSignal(str)

    def __init__(self, kept: Kept, window: QWidget) -> None:
        super().__init__(window)
        self._kept, self._window = kept, window

    def of(self, kind: QStandardPaths.StandardLocation) -> Path:
        """The one for pictures or films."""
        return output_folder(self._kept.view.output_dir, kind)

    def choose(self) -> None:
        """Show the dialog for a folder; the film goes on meanwhile."""
        open_dialog(
            self._window,
            "Where to keep pictures and films",
            QFileDialog.FileMode.Directory,
            str(self.of(VIDEOS)),
            self.use,
        )

    def use(self, folder: str) -> None:
        """Keep files there from now on."""
        self._kept.change_view(output_dir=folder)
        self.chosen.emit(folder)
