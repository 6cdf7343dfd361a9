"""The picture behind people: what it looks like, and a button to choose another."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from app.basics.qt_image import borrowed
from app.basics.theme import GRID_PX, colour
from app.shown.controls.widgets import button, label, plain_tip
from engine.backdrop import filling
from engine.styles import BackdropPicture, one_line

_THUMBNAIL_PX = (64, 36)
_FINENESS = 2
"""Pixels of the thumbnail for each of the window's, for magnified screens."""

_NAME_PX = 108


class BackdropRow(QWidget):
    """Shows the picture and its name. wanted: the user wants to choose one."""

    wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._picture: BackdropPicture | None = None
        self._thumbnail = _Thumbnail()
        self._name = label("", "soft")
        self.choose = button("Choose…", self.wanted.emit)
        self.choose.setAccessibleName("Choose the picture behind people")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        row.addWidget(self._thumbnail)
        row.addWidget(self._name, 1)
        row.addWidget(self.choose)

    def show_picture(self, picture: BackdropPicture | None) -> None:
        """What is behind people; None as long as nothing is."""
        if picture is self._picture:
            return
        self._picture = picture
        name = one_line(picture.path.name) if picture is not None else ""
        metrics = self._name.fontMetrics()
        self._name.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _NAME_PX))
        self.setToolTip(plain_tip(str(picture.path)) if picture is not None else "")
        self._thumbnail.show_picture(picture)


class _Thumbnail(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setFixedSize(QSize(*_THUMBNAIL_PX))

    def show_picture(self, picture: BackdropPicture | None) -> None:
        self._image = None
        if picture is not None:
            width, height = (_FINENESS * side for side in _THUMBNAIL_PX)
            self._image = borrowed(filling(picture, height, width)).copy()
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        rounded = QPainterPath()
        rounded.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setClipPath(rounded)
        if self._image is None:
            painter.fillRect(self.rect(), colour("control"))
        else:
            painter.drawImage(self.rect(), self._image)
        painter.end()
