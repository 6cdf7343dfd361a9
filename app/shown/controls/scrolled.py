"""What is scrolled only where there is not the room for all of it."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget

_LEAST_PX = 32
"""Of what it holds at least one control is seen whole."""


class Scrolled(QScrollArea):
    """As high as `content` is at the width that `fit_width` told, or lower."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content, self._width_px = content, content.sizeHint().width()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what it holds
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def fit_width(self, width_px: int) -> None:
        """So wide it is going to be."""
        self._width_px = width_px
        self.updateGeometry()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """What it holds has become higher or lower."""
        if event is not None and event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._show_bar()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Scrolled only where it must be."""
        self._show_bar()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """All of it."""
        return QSize(self._width_px, self._content.heightForWidth(self._width_px))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A little."""
        return QSize(0, _LEAST_PX)

    def _show_bar(self) -> None:
        """Left to Qt, a bar once there may stay, for texts beside it are higher than without."""
        fits = self._content.heightForWidth(self.width()) <= self.height()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if fits else policy.ScrollBarAsNeeded
        )
