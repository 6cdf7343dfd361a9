"""A sentence that warns, beside the controls that it is about."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.shown.controls.icon_label import IconLabel
from app.shown.controls.widgets import label


class Caution(QWidget):
    """A sign and a text that wraps."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._label = label(text, "soft")
        self._label.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(18, "warning", "warn"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)

    def text(self) -> str:
        """What it says."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Say something else."""
        self._label.setText(text)
