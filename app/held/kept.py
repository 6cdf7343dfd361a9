"""What is remembered besides the `Settings`: the window itself, and the network asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from app.held.preferences import ViewOptions
from engine.config import RuntimeOptions


class Kept(QObject):
    """Holds both as chosen last; what the command line asks for is for one run alone.

    changed: they are to be written.
    """

    changed = pyqtSignal()

    def __init__(
        self, view: ViewOptions, runtime: RuntimeOptions, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._runtime = view, runtime

    @property
    def view(self) -> ViewOptions:
        """The window itself."""
        return self._view

    @property
    def runtime(self) -> RuntimeOptions:
        """Model and provider."""
        return self._runtime

    def change_view(self, **changes: Any) -> None:
        """Change fields of `ViewOptions`."""
        self._view = replace(self._view, **changes)
        self.changed.emit()

    def set_runtime(self, runtime: RuntimeOptions) -> None:
        """Another model or provider."""
        self._runtime = runtime
        self.changed.emit()
