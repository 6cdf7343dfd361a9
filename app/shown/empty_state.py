"""What the stage shows without a picture: where to begin, or that something is opening."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QHideEvent,
    QIcon,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.basics.theme import colour
from app.held.backend import SourceRequest
from app.shown.controls.elided import ElidedLabel
from app.shown.controls.icon_label import IconLabel
from app.shown.controls.widgets import as_it_stands, button, label, plain_tip, restyle
from engine.source.endings import without_ending

_LARGEST, _SMALLEST = QSize(520, 288), QSize(288, 160)
_ROOMY_PX, _WIDE_PX = 250, 400
_WAY_PX = 116
_RECENT, _RECENT_PX, _RECENT_ROW_PX = 3, 104, 36
"""So many are offered, the most width of a name, and by how much they make it higher."""

_BESIDE_PX, _AROUND_NAME_PX = 24, 60
"""Room left and right of everything, and what a button has around a name."""


class EmptyState(QWidget):
    """A drop target with the three ways to begin, and with what was shown last.

    camera_wanted, file_wanted, demo_wanted: its buttons. recent_chosen: a `SourceRequest` of
    `set_recent`.
    """

    camera_wanted = pyqtSignal()
    file_wanted = pyqtSignal()
    demo_wanted = pyqtSignal()
    recent_chosen = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._dropping = False
        self._names: dict[QPushButton, str] = {}
        self.setMaximumSize(_LARGEST)
        self._mark = IconLabel(44, "drop", "accent")
        title = label("See who is who", "title")
        text = label("Drop a video, pictures or a folder here, or begin with one of these.", "soft")
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch()
        self.camera_button = button("Camera", self.camera_wanted.emit, "primary", "camera")
        self.file_button = button("Open file…", self.file_wanted.emit, "", "file")
        self.file_button.setToolTip("A video, or one picture or several")
        self.demo_button = button("Demo", self.demo_wanted.emit, "", "demo")
        self._ways = (self.camera_button, self.file_button, self.demo_button)
        self._ways_icons = tuple(way.icon() for way in self._ways)
        for way in self._ways:
            row.addWidget(way)
        row.addStretch()
        self._recent = QWidget()
        self._recent_row = QHBoxLayout(self._recent)
        self._recent_row.setContentsMargins(0, 0, 0, 0)
        self._recent_row.setSpacing(4)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch()
        column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        for line in (title, text):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addSpacing(16)
        column.addLayout(row)
        column.addSpacing(4)
        column.addWidget(self._recent)
        column.addStretch()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As large as it gets."""
        return _LARGEST

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Without the mark; a message above it leaves a small window no more."""
        return _SMALLEST

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Its text wraps, yet it takes all of its height where that is free."""
        return False

    def resizeEvent(self, _event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """In little room the mark goes first, then what was shown last, then the icons."""
        self._fit()

    def _fit(self) -> None:
        row_px = _RECENT_ROW_PX if self._names else 0
        roomy = self.height() >= _ROOMY_PX + row_px
        self._mark.setVisible(roomy)
        is_wide = self.width() >= _WIDE_PX
        has_room = is_wide and self.height() >= _SMALLEST.height() + row_px
        self._recent.setVisible(bool(self._names) and has_room)
        for way, own in zip(self._ways, self._ways_icons, strict=True):
            way.setIcon(own if is_wide else QIcon())
            way.setMinimumWidth(_WAY_PX if is_wide else 0)
            if way.property("size") != (size := "large" if is_wide else "tight"):
                way.setProperty("size", size)
                restyle(way)
        around = 32 if roomy else 12
        layout = self.layout()
        if layout is not None:
            beside = _BESIDE_PX if is_wide else _BESIDE_PX // 2
            layout.setContentsMargins(beside, around, beside, around)
        self._shorten_names()

    def _shorten_names(self) -> None:
        each_px = (self.width() - 2 * _BESIDE_PX) // max(1, len(self._names)) - _AROUND_NAME_PX
        for again, name in self._names.items():
            room_px, elide = min(each_px, _RECENT_PX), Qt.TextElideMode.ElideRight
            again.setText(as_it_stands(again.fontMetrics().elidedText(name, elide, room_px)))

    def set_recent(self, requests: Sequence[SourceRequest]) -> None:
        """Offer the first few of these."""
        while (item := self._recent_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._names.clear()
        self._recent_row.addStretch()
        before = self.demo_button
        for request in requests[:_RECENT]:
            name = request.name if request.is_address else without_ending(request.name)
            kind = "link" if request.is_address else "file"
            choose = partial(self.recent_chosen.emit, request)
            again = button("", choose, "quiet", kind)
            again.setToolTip(plain_tip(str(request.spec)))
            again.setAccessibleName(f"Open {request.name} again")
            self._recent_row.addWidget(again)
            self.setTabOrder(before, again)  # Qt puts new ones last in the window
            before = again
            self._names[again] = name
        self._recent_row.addStretch()
        self._fit()

    def set_dropping(self, dropping: bool) -> None:
        """Light up while a file hangs over the window."""
        self._dropping = dropping
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """A dashed frame to drop into."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colour("accent" if self._dropping else "line_strong"), 1.5)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(colour("accent_soft" if self._dropping else "window"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 14, 14)
        painter.end()


class Busy(QWidget):
    """A turning ring with a line of text; turns only while it is seen."""

    def __init__(self) -> None:
        super().__init__()
        self._angle = 0
        self._text = ElidedLabel("soft")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 64, 16, 8)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setMaximumWidth(440)
        self.setFixedHeight(112)
        self._timer = QTimer(self)
        self._timer.setInterval(33)
        self._timer.timeout.connect(self._turn)
        self.hide()

    @property
    def text(self) -> str:
        """What is going on."""
        return self._text.text()

    def set_text(self, text: str) -> None:
        """Say what is going on."""
        self._text.setText(text)

    def showEvent(self, _event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Start turning."""
        self._timer.start()

    def hideEvent(self, _event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stop turning."""
        self._timer.stop()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.width() / 2 - 18, 16, 36, 36)
        painter.setPen(QPen(colour("control_press"), 3.5))
        painter.drawEllipse(ring)
        pen = QPen(colour("accent"), 3.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(ring, -self._angle * 16, 100 * 16)
        painter.end()

    def _turn(self) -> None:
        self._angle = (self._angle + 11) % 360
        self.update()
