"""The page of keyboard shortcuts, made from the table that also makes the actions."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.controls.widgets import label, tool
from app.shortcuts import COMMANDS, Command, shown_keys
from app.theme import colour

_COLUMNS = (("Source", "Save", "Window"), ("Playback", "Look"), ("People",))


class HelpOverlay(QWidget):
    """Covers the window; a click beside the card closes it. closed: the user is done."""

    closed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        card = QFrame()
        card.setObjectName("card")
        card.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 16, 16, 24)
        column.setSpacing(16)
        column.addLayout(self._make_top())
        self._area = _scrolled(_make_columns())
        column.addWidget(self._area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self._card = card
        self.hide()

    def listed(self) -> set[str]:
        """The titles on the page."""
        return {found.text() for found in self.findChildren(QLabel)}

    def open(self) -> None:
        """Cover the window."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        content = self._area.widget()
        if content is not None:  # as large as its content or as the window allows
            hint = content.sizeHint()
            self._area.setFixedHeight(min(hint.height() + 4, self.height() - 160))
            self._area.setFixedWidth(min(hint.width() + 16, self.width() - 96))
        self.show()
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Close when the shade is clicked."""
        if event is not None and not self._card.geometry().contains(event.position().toPoint()):
            self.closed.emit()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Shade the window."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("shade"))
        painter.end()

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(label("Keyboard and mouse", "title"))
        row.addStretch()
        close = tool("close", "Close  (Esc)")
        close.clicked.connect(lambda _checked=False: self.closed.emit())
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        return row


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName("Keyboard and mouse")
    return area


def _make_columns() -> QWidget:
    content = QWidget()
    row = QHBoxLayout(content)
    row.setContentsMargins(0, 0, 8, 0)
    row.setSpacing(28)
    for groups in _COLUMNS:
        column = QVBoxLayout()
        column.setSpacing(6)
        for group in groups:
            column.addWidget(label(group, "section"))
            column.addLayout(_make_table([c for c in COMMANDS if c.group == group]))
            column.addSpacing(12)
        if groups == _COLUMNS[-1]:
            column.addWidget(label("Mouse", "section"))
            column.addLayout(_make_mouse_table())
        column.addStretch()
        row.addLayout(column)
    return content


def _make_table(commands: list[Command]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    for row, command in enumerate(commands):
        grid.addWidget(label(command.title), row, 0)
        keys = QHBoxLayout()
        keys.setSpacing(4)
        keys.addStretch()
        for key in shown_keys(command):
            keys.addWidget(label(key, "key"))
        grid.addLayout(keys, row, 1)
    grid.setColumnStretch(0, 1)
    return grid


def _make_mouse_table() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    rows = (
        ("Select a person", "Click"),
        ("Menu of a person or the picture", "Right click"),
        ("Name a person", "Double click in the list"),
        ("Full screen", "Double click"),
        ("Open a file", "Drop it here"),
    )
    for row, (title, how) in enumerate(rows):
        grid.addWidget(label(title), row, 0)
        grid.addWidget(label(how, "faint"), row, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid
