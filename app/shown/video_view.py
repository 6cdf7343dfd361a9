"""The picture: paints the newest result, and knows which person is under the pointer."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from PyQt6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PyQt6.QtWidgets import QWidget

from app.basics.letterbox import Placement, letterbox
from app.basics.qt_image import borrowed
from app.basics.theme import colour
from engine.types import BoolArray, Result, UInt8Array

POINTER_HIDES_AFTER_MS = 2000


class VideoView(QWidget):
    """Shows one result at a time, letterboxed, and keeps its arrays alive while it does.

    painted: the result, right after its first painting. clicked: the id of the person
    clicked, -1 for nobody. hovered: likewise, when the pointer comes to another.
    menu_wanted: an id, -1 for nobody, and a global position.
    """

    painted = pyqtSignal(object)
    clicked = pyqtSignal(int)
    hovered = pyqtSignal(int)
    double_clicked = pyqtSignal()
    menu_wanted = pyqtSignal(int, QPoint)

    def __init__(self) -> None:
        super().__init__()
        self._result: Result | None = None
        self._scaled: UInt8Array | None = None
        self._is_painted = True
        self._selected_id = -1
        self._hovered_id = -1
        self._pointer_timer = QTimer(self)
        self._pointer_timer.setSingleShot(True)
        self._pointer_timer.setInterval(POINTER_HIDES_AFTER_MS)
        self._pointer_timer.timeout.connect(lambda: self.setCursor(Qt.CursorShape.BlankCursor))
        self._pointer_hides = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(320, 200)
        self.setAccessibleName("Picture")

    @property
    def result(self) -> Result | None:
        """What is shown."""
        return self._result

    @property
    def placement(self) -> Placement | None:
        """Where in this widget the picture lies; None without one."""
        if self._result is None:
            return None
        return letterbox(self._result.image_bgr.shape[:2], (self.height(), self.width()))

    @property
    def selected_id(self) -> int:
        """The person that stands out, -1 for nobody."""
        return self._selected_id

    def show_result(self, result: Result) -> None:
        """Paint this one next; an older one not painted yet is skipped."""
        self._result, self._scaled, self._is_painted = result, None, False
        self.update()

    def clear(self) -> None:
        """Back to the empty stage."""
        self._result, self._scaled, self._is_painted = None, None, True
        self._selected_id = self._hovered_id = -1
        self.update()

    def set_pointer_hides(self, hides: bool) -> None:
        """Hide a pointer that rests on the picture, as in full screen."""
        self._pointer_hides = hides
        self._show_pointer()

    def select(self, track_id: int) -> None:
        """Let a person stand out; -1 for nobody."""
        self._selected_id = track_id
        self.update()

    def person_at(self, point: QPointF) -> int:
        """The id of the person shown at a point of this widget, -1 for nobody."""
        place = self.placement
        where = place.to_frame(point.x(), point.y()) if place else None
        if where is None or self._result is None:
            return -1
        people = self._result.instances
        label = int(people.labels[where])
        return int(people.track_ids[label - 1]) if label else -1

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stage, picture, selection."""
        painter = QPainter(self)
        place = self.placement
        painter.fillRect(self.rect(), colour("stage" if place is None else "picture_back"))
        if place is not None and self._result is not None:
            self._paint_picture(painter, place, self._result)
            self._paint_contours(painter, place, self._result)
        painter.end()
        if not self._is_painted and self._result is not None:
            self._is_painted = True
            self.painted.emit(self._result)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the person under the pointer."""
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit(self.person_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Beside people: full screen."""
        if event is not None and self.person_at(event.position()) == -1:
            self.double_clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """A hand and a thin line over people."""
        if event is not None:
            self._hover(self.person_at(event.position()))
            self._show_pointer()

    def leaveEvent(self, _event: object) -> None:  # noqa: N802 - Qt's name
        """Nobody is hovered."""
        self._hover(-1)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """The menu of the person under the pointer, or of the picture.

        The key for menus means the one who is selected.
        """
        if event is None or self._result is None:
            return
        if event.reason() is not QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.person_at(QPointF(event.pos())), event.globalPos())
        elif (place := self._place_of(self._selected_id)) is not None:
            self.menu_wanted.emit(self._selected_id, self.mapToGlobal(place))
        else:
            self.menu_wanted.emit(-1, event.globalPos())

    def _place_of(self, track_id: int) -> QPoint | None:
        """Some point of a person in this widget; None for somebody who is not in the picture."""
        place, mask = self.placement, self._mask_of(track_id)
        if place is None or mask is None:
            return None
        rows, columns = np.nonzero(mask)
        middle = len(rows) // 2
        return QPointF(*place.to_widget(columns[middle] + 0.5, rows[middle] + 0.5)).toPoint()

    def _mask_of(self, track_id: int) -> BoolArray | None:
        """Where a person is in the picture; None for somebody who is not in it."""
        if self._result is None or track_id == -1:
            return None
        people = self._result.instances
        where = np.flatnonzero(people.track_ids == track_id)
        return people.mask(int(where[0])) if len(where) else None

    def _hover(self, track_id: int) -> None:
        if track_id != self._hovered_id:
            self._hovered_id = track_id
            self._show_pointer()
            self.update()
            self.hovered.emit(track_id)

    def _show_pointer(self) -> None:
        on_person = self._hovered_id != -1
        hand, arrow = Qt.CursorShape.PointingHandCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(hand if on_person else arrow)
        if self._pointer_hides:
            self._pointer_timer.start()
        else:
            self._pointer_timer.stop()

    def _paint_picture(self, painter: QPainter, place: Placement, result: Result) -> None:
        ratio = self.devicePixelRatioF()
        size_wh = (max(1, round(place.width * ratio)), max(1, round(place.height * ratio)))
        if self._scaled is None or self._scaled.shape[1::-1] != size_wh:
            self._scaled = _scale(result.image_bgr, size_wh)
        # The QImage borrows the array, which stays in self._scaled until the next result.
        image = borrowed(self._scaled)
        painter.drawImage(QRect(place.x, place.y, place.width, place.height), image)

    def _paint_contours(self, painter: QPainter, place: Placement, result: Result) -> None:
        """Around who is hovered and who is selected, below the labels of the picture."""
        shown = ((self._hovered_id, False), (self._selected_id, True))
        wanted = [(track_id, strong) for track_id, strong in shown if track_id != -1]
        if not wanted:
            return
        painter.setClipPath(_beside(result.label_boxes, place))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for track_id, strong in wanted:
            self._paint_contour(painter, place, track_id, strong)

    def _paint_contour(
        self, painter: QPainter, place: Placement, track_id: int, strong: bool
    ) -> None:
        mask = self._mask_of(track_id)
        if mask is None:
            return
        contours, _ = cv2.findContours(
            mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1
        )
        path = QPainterPath()
        for contour in contours:
            points = [QPointF(*place.to_widget(x + 0.5, y + 0.5)) for x, y in contour[:, 0]]
            path.moveTo(points[0])
            for point in points[1:]:
                path.lineTo(point)
            path.closeSubpath()
        line = colour("contour" if strong else "contour_soft")
        painter.strokePath(path, QPen(colour("contour_edge"), 5 if strong else 3))
        painter.strokePath(path, QPen(line, 2.5 if strong else 1.5))


def _beside(labels: Iterable[tuple[int, int, int, int]], place: Placement) -> QPainterPath:
    """The picture without its labels, in the widget."""
    from engine.captions.chips import CORNER_SHARE  # slow to import

    path = QPainterPath()
    path.addRect(QRectF(place.x, place.y, place.width, place.height))
    for xyxy in labels:
        box = QRectF(*place.box_to_widget(xyxy))
        radius = CORNER_SHARE * box.height()
        label = QPainterPath()
        label.addRoundedRect(box, radius, radius)
        path -= label
    return path


def _scale(image_bgr: UInt8Array, size_wh: tuple[int, int]) -> UInt8Array:
    """The picture at the size it is shown; OpenCV does it several times faster than QPainter."""
    if image_bgr.shape[1::-1] == size_wh:
        return np.ascontiguousarray(image_bgr)
    shrinks_much = size_wh[0] * 2 < image_bgr.shape[1]  # then linear would skip pixels
    method = cv2.INTER_AREA if shrinks_much else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_bgr, size_wh, interpolation=method), np.uint8)
