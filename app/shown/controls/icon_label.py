"""An icon that is only looked at."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from app.basics.icons import pixmap


class IconLabel(QWidget):
    """An icon of `size` logical pixels, in the colour that its role has when it is painted."""

    def __init__(self, size: int, name: str = "", role: str = "text_soft") -> None:
        super().__init__()
        self._name, self._role = name, role
        self.setFixedSize(QSize(size, size))

    def show_icon(self, name: str, role: str) -> None:
        """Show another one."""
        if (name, role) != (self._name, self._role):
            self._name, self._role = name, role
            self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The icon, nothing behind it."""
        if self._name:
            painter = QPainter(self)
            ratio = self.devicePixelRatioF()
            painter.drawPixmap(0, 0, pixmap(self._name, self._role, self.width(), ratio))
            painter.end()
