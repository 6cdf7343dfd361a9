"""A drop-down list in the application's look."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QHelpEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QListView,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QToolTip,
)

from app.basics.icons import pixmap
from app.shown.controls.widgets import plain_tip


class Combo(QComboBox):
    """A drop-down list with our own arrow; the wheel scrolls the panel, not the choice."""

    def __init__(self, tip: str = "") -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setView(QListView())  # the native view ignores the style sheet's item height
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def initStyleOption(self, option: QStyleOptionComboBox | None) -> None:  # noqa: N802 - Qt's name
        """A text that is too long ends in an ellipsis: Qt would cut through a letter."""
        super().initStyleOption(option)
        style = self.style()
        if option is None or style is None:
            return
        field = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, field.width() - 2
        )

    def event(self, event: QEvent | None) -> bool:
        """The tool tip has a text that is too long in full."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            option = QStyleOptionComboBox()
            self.initStyleOption(option)
            if option.currentText != self.currentText():
                lines = (self.currentText(), *self.toolTip().splitlines())
                QToolTip.showText(event.globalPos(), plain_tip(*lines), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The styled field with an arrow."""
        super().paintEvent(event)
        painter = QPainter(self)
        role = "text_soft" if self.isEnabled() else "text_off"
        arrow = pixmap("down", role, 16, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 24, (self.height() - 16) // 2, arrow)
        painter.end()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Left to the panel."""
        if event is not None:
            event.ignore()
