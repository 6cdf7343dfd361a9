"""The bar of a film: how far it is, and a place to drag to."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.theme import colour

_EDGE_PX = 8


class SeekBar(QWidget):
    """Position in a film of `duration_s` seconds. sought: seconds, while and after a drag."""

    sought = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__()
        self._duration_s = 0.0
        self._position_s = 0.0
        self._hover_x: float | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Position")

    @property
    def dragging(self) -> bool:
        """True while the user holds the handle."""
        return self._dragging

    @property
    def position_s(self) -> float:
        """What the handle shows."""
        return self._position_s

    def set_duration(self, duration_s: float) -> None:
        """A film of another length."""
        if duration_s != self._duration_s:
            self._duration_s = duration_s
            self.update()

    def set_position(self, position_s: float) -> None:
        """Follow the film, except while the user holds the handle."""
        if not self._dragging and position_s != self._position_s:
            self._position_s = position_s
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
        text = clock_text(self._time_at(self._hover_x), self._duration_s)
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        if event is not None and self._dragging:
            self._dragging = False
            self.update()

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
            painter.setPen(QPen(colour("handle_line"), 1))
            painter.setBrush(colour("handle"))
            radius = 7.5 if hot else 6.0
            painter.drawEllipse(QPointF(x, self.height() / 2), radius, radius)
        painter.end()

    def _drag_to(self, event: QMouseEvent) -> None:
        self._position_s = self._time_at(event.position().x())
        self.sought.emit(self._position_s)
        self.update()

    def _time_at(self, x: float) -> float:
        share = (x - _EDGE_PX) / max(1, self.width() - 2 * _EDGE_PX)
        return min(max(share, 0.0), 1.0) * self._duration_s


def clock_text(time_s: float, duration_s: float = 0.0) -> str:
    """Seconds as 1:05.3, or 1:02:05 in films of an hour or more."""
    minutes, seconds = divmod(max(0.0, time_s), 60)
    if max(time_s, duration_s) >= 3600:
        return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{int(seconds):02d}"
    return f"{int(minutes)}:{int(seconds):02d}.{int(seconds * 10) % 10}"
