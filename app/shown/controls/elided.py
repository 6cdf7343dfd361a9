"""A line of text that is shortened in its middle where there is not the room for all of it."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """Plain text in a role of the style sheet; takes less room than it needs where it must."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)

    def text(self) -> str:
        """As it was set."""
        return self._whole

    @property
    def shown(self) -> str:
        """What is left of it."""
        return super().text()

    def setText(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Show `text`."""
        if text != self._whole:
            self._whole = text or ""
            self._fit()
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """As much of it as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """All of it."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 1, metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Next to nothing."""
        return QSize(0, self.sizeHint().height())

    def _fit(self) -> None:
        metrics, middle = self.fontMetrics(), Qt.TextElideMode.ElideMiddle
        super().setText(metrics.elidedText(self._whole, middle, self.width()))
