"""The page of keyboard shortcuts, made from the table that also makes the actions."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
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

_SCROLL_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_ROW_PX = 20
_COLUMNS = (("Source", "Save", "Window"), ("Playback", "Look"), ("People",))


class HelpOverlay(QWidget):
    """Covers the window; a click beside the card closes it.

    closed: the user is done. left: it is gone, and with it whatever had the focus.
    """

    closed = pyqtSignal()
    left = pyqtSignal()

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
        parent.installEventFilter(self)
        self.hide()

    def listed(self) -> set[str]:
        """The titles on the page."""
        return {found.text() for found in self.findChildren(QLabel)}

    def open(self) -> None:
        """Cover the window."""
        self._fit()
        self.show()
        self.raise_()
        self._area.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, _event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys are for the picture again."""
        self.left.emit()

    def eventFilter(self, _parent: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Go on covering a window that changes its size."""
        if event is not None and event.type() is QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def focusNextPrevChild(self, _next: bool) -> bool:  # noqa: N802 - Qt's name
        """Tab stays on the page: what it covers cannot be seen."""
        other = self._area if self._close.hasFocus() else self._close
        other.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _fit(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        content = self._area.widget()
        if content is not None:  # as large as its content or as the window allows
            hint = content.sizeHint()
            self._area.setFixedHeight(min(hint.height() + 4, self.height() - 160))
            self._area.setFixedWidth(min(hint.width() + 16, self.width() - 96))

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
        self._close = tool("close", "Close  (Esc)")
        self._close.clicked.connect(lambda _checked=False: self.closed.emit())
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        return row


class _Page(QScrollArea):
    """Scrolled with keys that otherwise mean the film."""

    def event(self, event: QEvent | None) -> bool:
        """Its keys come before the commands of the window."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() in _SCROLL_KEYS
        ):
            event.accept()
            return True
        return super().event(event)


def _scrolled(content: QWidget) -> QScrollArea:
    area = _Page()
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
        grid.setRowMinimumHeight(row, _ROW_PX)
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
        grid.setRowMinimumHeight(row, _ROW_PX)
        grid.addWidget(label(title), row, 0)
        grid.addWidget(label(how, "faint"), row, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid
