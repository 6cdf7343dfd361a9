"""The bar of a film: how far it is, and a place to drag to."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QSlider, QToolTip

from app.basics.clock_text import clock_text
from app.basics.theme import colour

_EDGE_PX = 8
_JUMP_S = 1.0
"""From one picture to the next; less is the film playing on."""


class SeekBar(QSlider):
    """Position in a film of `duration_s` seconds. sought: seconds, while and after a drag.

    A slider so that screen readers know what it is; its value is in whole seconds. The keys that
    move it are commands of the window: they work with the focus anywhere.
    """

    sought = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._duration_s = 0.0
        self._position_s = 0.0
        self._counts = False
        self._hover_x: float | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tell()

    @property
    def position_s(self) -> float:
        """What the handle shows."""
        return self._position_s

    def set_duration(self, duration_s: float, counts: bool = False) -> None:
        """A film of another length. counts: of pictures, from the first one, 0, to this."""
        if (duration_s, counts) != (self._duration_s, self._counts):
            self._duration_s, self._counts = duration_s, counts
            self.setRange(0, round(duration_s))
            self._tell()
            self.update()

    def set_position(self, position_s: float) -> None:
        """Follow the film, except while the user holds the handle."""
        if self._dragging or position_s == self._position_s:
            return
        plays_on = 0 < position_s - self._position_s < _JUMP_S
        self._position_s = position_s
        if not plays_on or (not self.hasFocus() and round(position_s) != self.value()):
            self._tell()  # not all the time while a screen reader reads it out
        self.update()

    def x_of(self, time_s: float) -> float:
        """Where a time lies on the bar."""
        share = min(1.0, time_s / self._duration_s) if self._duration_s else 0.0
        return _EDGE_PX + share * (self.width() - 2 * _EDGE_PX)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Thin and as wide as there is room."""
        return QSize(200, 32)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Jump there and hold."""
        if event is not None and event.button() is Qt.MouseButton.LeftButton and self._duration_s:
            self._dragging = True
            self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Drag, or show the time under the pointer."""
        if event is None or not self._duration_s:
            return
        self._hover_x = event.position().x()
        if self._dragging:
            self._drag_to(event)
        text = self._text(self._time_at(self._hover_x))
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        if event is not None and self._dragging:
            self._dragging = False
            self._tell()
            self.update()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go of a film that was closed: nobody tells a disabled bar of the mouse."""
        if not self.isEnabled():
            self._dragging = False
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Left to the window."""
        if event is not None:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """A wheel that slips must not lose the place in a film."""
        if event is not None:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Say where the film is."""
        self._tell()
        super().focusInEvent(event)

    def leaveEvent(self, _event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """The pointer is gone."""
        self._hover_x = None
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Groove, what was played, where the pointer is, handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        hot = self._dragging or self._hover_x is not None
        thick = 6.0 if hot else 4.0
        top, x = self.height() / 2 - thick / 2, self.x_of(self._position_s)
        width = self.width() - 2 * _EDGE_PX
        painter.setBrush(colour("groove" if self.isEnabled() else "line_strong"))
        painter.drawRoundedRect(QRectF(_EDGE_PX, top, width, thick), thick / 2, thick / 2)
        if self._hover_x is not None:
            painter.setBrush(colour("groove_hover"))
            reach = min(max(self._hover_x, _EDGE_PX), self.width() - _EDGE_PX) - _EDGE_PX
            painter.drawRoundedRect(QRectF(_EDGE_PX, top, reach, thick), thick / 2, thick / 2)
        if self.isEnabled():
            painter.setBrush(colour("accent"))
            painter.drawRoundedRect(
                QRectF(_EDGE_PX, top, x - _EDGE_PX, thick), thick / 2, thick / 2
            )
            focused = self.hasFocus()
            ring = QPen(colour("accent"), 3) if focused else QPen(colour("handle_line"), 1)
            painter.setPen(ring)
            painter.setBrush(colour("handle"))
            radius = 7.5 if hot or focused else 6.0
            painter.drawEllipse(QPointF(x, self.height() / 2), radius, radius)
        painter.end()

    def _tell(self) -> None:
        """What a screen reader reads."""
        self.setValue(round(self._position_s))
        end = "" if self._counts else f" of {clock_text(self._duration_s)}"
        self.setAccessibleName(f"Position: {self._text(self._position_s)}{end}")

    def _text(self, position_s: float) -> str:
        if self._counts:
            return f"{round(position_s) + 1} of {round(self._duration_s) + 1}"
        return clock_text(position_s, self._duration_s)

    def _drag_to(self, event: QMouseEvent) -> None:
        self._position_s = self._time_at(event.position().x())
        self.sought.emit(self._position_s)
        self.update()

    def _time_at(self, x: float) -> float:
        share = (x - _EDGE_PX) / max(1, self.width() - 2 * _EDGE_PX)
        return min(max(share, 0.0), 1.0) * self._duration_s
