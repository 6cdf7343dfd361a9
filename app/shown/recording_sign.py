"""The sign on the picture that it is being recorded."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout

from app.shown.controls.icon_label import IconLabel
from app.shown.controls.widgets import label


class RecordingSign(QFrame):
    """A red dot and how long it has been; lets the mouse through."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hud")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Recording")
        self._is_wanted = False
        self._time = label()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 12, 6)
        row.setSpacing(6)
        row.addWidget(IconLabel(18, "record", "bad"))
        row.addWidget(self._time)
        self._show()

    def set_wanted(self, wanted: bool) -> None:
        """Show it while something is recorded: nothing else does."""
        self._is_wanted = wanted
        self._show()

    def show_recording(self, text: str) -> None:
        """Elapsed time and dropped frames; "" while nothing is recorded."""
        self._time.setText(text)
        self._show()

    def _show(self) -> None:
        self.setVisible(self._is_wanted and bool(self._time.text()))
