"""The network that is asked for: picked in the panel, opened from a file, gone back to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtWidgets import QFileDialog, QWidget

from app.held.kept import Kept
from app.running.player import Player
from app.shown.controls.model import ModelSection
from app.shown.file_dialog import open_dialog
from engine.config import RuntimeOptions


class Networks:
    """Has it run, shows which it is, and remembers it. window: what its dialog lies on."""

    def __init__(self, player: Player, section: ModelSection, kept: Kept, window: QWidget) -> None:
        self._player, self._section, self._kept, self._window = player, section, kept, window
        section.wanted.connect(self._run)
        section.file_wanted.connect(self.choose_file)

    def use(self, runtime: RuntimeOptions) -> None:
        """Another model or provider."""
        self._section.show_runtime(runtime)
        self._run(runtime)

    def change(self, **changes: Any) -> None:
        """Change fields of `RuntimeOptions`."""
        self.use(replace(self._player.runtime, **changes))

    def use_file(self, path: Path) -> None:
        """A model of the user's."""
        self.change(model=str(path))

    def choose_file(self) -> None:
        """Show the file dialog; the film goes on meanwhile."""
        open_dialog(
            self._window,
            "Open a network",
            QFileDialog.FileMode.ExistingFile,
            "",
            lambda name: self.use_file(Path(name)),
            ["ONNX models (*.onnx)", "All files (*)"],
        )

    def _run(self, runtime: RuntimeOptions) -> None:
        self._kept.set_runtime(runtime)
        self._player.set_runtime(runtime)
