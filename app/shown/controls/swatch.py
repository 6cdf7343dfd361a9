"""A round patch of colour to look at or to choose."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QAbstractButton

from app.basics.theme import colour

Bgr = tuple[int, int, int]

PRESETS_BGR: tuple[tuple[str, Bgr], ...] = (
    ("Studio green", (96, 177, 0)),
    ("Studio blue", (214, 92, 20)),
    ("White", (255, 255, 255)),
    ("Light grey", (200, 196, 190)),
    ("Dark grey", (48, 42, 36)),
    ("Black", (0, 0, 0)),
    ("Magenta", (190, 40, 214)),
    ("Sand", (150, 190, 222)),
)
"""Flat backdrops."""

PERSON_PRESETS_BGR: tuple[tuple[str, Bgr], ...] = (
    ("Red", (70, 70, 240)),
    ("Orange", (40, 145, 255)),
    ("Yellow", (60, 215, 255)),
    ("Green", (100, 205, 75)),
    ("Teal", (190, 190, 40)),
    ("Blue", (255, 140, 60)),
    ("Violet", (255, 95, 140)),
    ("Pink", (190, 100, 255)),
    ("White", (245, 245, 245)),
)
"""Colours to give a person."""


def to_qcolor(bgr: Bgr) -> QColor:
    """Blue, green, red 0..255 as Qt's colour."""
    return QColor(bgr[2], bgr[1], bgr[0])


def swatch_icon(bgr: Bgr) -> QIcon:
    """A filled circle for menus."""
    image = QPixmap(40, 40)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour("groove"), 2))
    painter.setBrush(to_qcolor(bgr))
    painter.drawEllipse(4, 4, 32, 32)
    painter.end()
    image.setDevicePixelRatio(2)
    return QIcon(image)


class Swatch(QAbstractButton):
    """A colour that can be clicked; ringed while chosen."""

    def __init__(self, colour_bgr: Bgr, tip: str, size: int = 24) -> None:
        super().__init__()
        self.colour_bgr = colour_bgr
        self._chosen = False
        self._size = size
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setFixedSize(size, size)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_colour(self, colour_bgr: Bgr) -> None:
        """Show another colour."""
        if colour_bgr != self.colour_bgr:
            self.colour_bgr = colour_bgr
            self.update()

    def set_chosen(self, chosen: bool) -> None:
        """Ring it or not."""
        self._chosen = chosen
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A square."""
        return QSize(self._size, self._size)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """The patch, and the ring around it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = QRectF(self.rect()).adjusted(4, 4, -4, -4)
        painter.setPen(QPen(colour("groove"), 1))
        painter.setBrush(to_qcolor(self.colour_bgr))
        painter.drawEllipse(inner)
        if self._chosen or self.hasFocus() or self.underMouse():
            chosen_or_not = "fill" if self._chosen else "text_faint"
            ring = "text" if self.hasFocus() else chosen_or_not
            painter.setPen(QPen(colour(ring), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()
