"""The page of keys and mouse that covers the window."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.basics.focus_keys import keeps_key
from app.basics.theme import colour
from app.shown.controls.widgets import label, tool
from app.shown.help_page import LAYOUTS, make_page

_SCROLL_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_BESIDE_PX, _ABOVE_PX = 96, 160
_SCROLL_BAR_PX = 16


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
        self._area = _Page()
        self._pages: list[QWidget] = []
        column.addWidget(self._area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        self._card = card
        parent.installEventFilter(self)
        self.hide()

    def listed(self) -> set[str]:
        """The titles on the page that is shown."""
        return {found.text() for found in self._area.findChildren(QLabel)}

    def open(self) -> None:
        """Cover the window."""
        self._fit()
        self.show()
        self.raise_()
        self._area.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys are for the picture again, unless the whole window was minimised."""
        if event is not None and not event.spontaneous():
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
        hint = self._show_page().sizeHint()  # as large as that or as the window allows
        self._area.setFixedHeight(min(hint.height() + 4, self.height() - _ABOVE_PX))
        self._area.setFixedWidth(min(hint.width() + _SCROLL_BAR_PX, self.width() - _BESIDE_PX))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Close when the shade is clicked."""
        if event is not None and not self._card.geometry().contains(event.position().toPoint()):
            self.closed.emit()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Shade the window."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("shade"))
        painter.end()

    def _show_page(self) -> QWidget:
        """The one of most columns that there is room for: nothing is cut off on the right."""
        if not self._pages:  # not before it is asked for: that would delay the window
            self._pages = [make_page(columns) for columns in LAYOUTS]
        room_px = self.width() - _BESIDE_PX - _SCROLL_BAR_PX
        fitting = (page for page in self._pages if page.sizeHint().width() <= room_px)
        page = next(fitting, self._pages[-1])
        if page is not self._area.widget():
            before = self._area.takeWidget()
            if before is not None:
                before.setParent(self)
                before.hide()
            self._area.setWidget(page)
            page.show()
        return page

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

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Keyboard and mouse")

    def event(self, event: QEvent | None) -> bool:
        """Its keys come before the commands of the window."""
        return keeps_key(event, _SCROLL_KEYS) or super().event(event)
