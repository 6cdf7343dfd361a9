"""A line to type or paste an address into, on the picture."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.shown.controls.widgets import button, label, tool

WIDTH_PX = 520
_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://", "rtmp://", "udp://", "srt://")


class AddressCard(QFrame):
    """entered: an address with a scheme."""

    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.line = QLineEdit()
        self.line.setPlaceholderText("rtsp://camera.local/stream or https://…/video.mp4")
        self.line.setAccessibleName("Address")
        self.line.returnPressed.connect(self._on_entered)
        self._problem = label("", "faint")
        self._problem.setWordWrap(True)
        self._problem.hide()
        close = tool("close", "Close", "small")
        close.clicked.connect(lambda _checked=False: self.hide())
        row = QHBoxLayout()
        row.addWidget(label("Open an address", "heading"), 1)
        row.addWidget(close)
        entry = QHBoxLayout()
        entry.addWidget(self.line, 1)
        entry.addWidget(button("Open", self._on_entered, "primary"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addLayout(row)
        column.addLayout(entry)
        column.addWidget(self._problem)
        self.fit_width(WIDTH_PX)
        self.hide()

    def fit_width(self, room_px: int) -> None:
        """Take at most that many pixels across."""
        self.setFixedWidth(min(WIDTH_PX, room_px))

    def open(self, address: str = "") -> None:
        """Show and wait for typing; `address` takes the place of what was typed last."""
        self._problem.hide()
        if address:
            self.line.setText(address)
        self.show()
        self.raise_()
        self.line.selectAll()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys are for the picture again, not for the control that comes next.

        Those of a window that was minimised stay where they were.
        """
        picture = self.parentWidget()
        if picture is not None and event is not None and not event.spontaneous():
            picture.setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Escape closes."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _on_entered(self) -> None:
        text = self.line.text().strip()
        if not text.lower().startswith(_SCHEMES):
            self._problem.setText(f"An address begins with one of {', '.join(_SCHEMES[:4])} …")
            self._problem.show()
            return
        self.hide()
        self.entered.emit(text)
