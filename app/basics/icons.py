"""The application's own icons: strokes on a 24 px grid, drawn in any colour and size."""

# ruff: noqa: E501 - paths read better unbroken

from __future__ import annotations

from functools import cache

from PyQt6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from app.basics.theme import colours_shown

_FILL = 'fill="currentColor" stroke="none"'

_SHAPES = {
    "play": f'<path {_FILL} d="M8 5.2c0-.8.9-1.3 1.6-.8l9.6 6.8c.6.4.6 1.2 0 1.6l-9.6 6.8c-.7.5-1.6 0-1.6-.8z"/>',
    "pause": f'<rect {_FILL} x="7" y="5" width="3.6" height="14" rx="1"/><rect {_FILL} x="13.4" y="5" width="3.6" height="14" rx="1"/>',
    "replay": '<path d="M5 12a7 7 0 1 0 2.2-5.1"/><path d="M4.6 4.2v4h4"/>',
    "step_back": f'<path {_FILL} d="M17 6.3v11.4c0 .8-.9 1.2-1.5.7L8.4 12.7a.9.9 0 0 1 0-1.4l7.1-5.7c.6-.5 1.5-.1 1.5.7z"/><path d="M6 6v12"/>',
    "step_on": f'<path {_FILL} d="M7 6.3v11.4c0 .8.9 1.2 1.5.7l7.1-5.7a.9.9 0 0 0 0-1.4L8.5 5.6C7.9 5.1 7 5.5 7 6.3z"/><path d="M18 6v12"/>',
    "loop": '<path d="M17 3l3 3-3 3"/><path d="M4 11V9.5A3.5 3.5 0 0 1 7.5 6H20"/><path d="M7 21l-3-3 3-3"/><path d="M20 13v1.5A3.5 3.5 0 0 1 16.5 18H4"/>',
    "sound": f'<path {_FILL} d="M4 9.8c0-.5.4-.8.8-.8h2.7l4.2-3.6c.5-.4 1.3-.1 1.3.6v12c0 .7-.8 1-1.3.6L7.5 15H4.8c-.4 0-.8-.3-.8-.8z"/><path d="M16 9.2a4 4 0 0 1 0 5.6"/><path d="M18.6 6.6a7.6 7.6 0 0 1 0 10.8"/>',
    "muted": f'<path {_FILL} d="M4 9.8c0-.5.4-.8.8-.8h2.7l4.2-3.6c.5-.4 1.3-.1 1.3.6v12c0 .7-.8 1-1.3.6L7.5 15H4.8c-.4 0-.8-.3-.8-.8z"/><path d="M16.4 9.6l4.8 4.8M21.2 9.6l-4.8 4.8"/>',
    "record": f'<circle cx="12" cy="12" r="8.2"/><circle {_FILL} cx="12" cy="12" r="4.8"/>',
    "stop": f'<circle cx="12" cy="12" r="8.2"/><rect {_FILL} x="8.6" y="8.6" width="6.8" height="6.8" rx="1.2"/>',
    "shot": '<path d="M4 8.5A1.5 1.5 0 0 1 5.5 7h2.3l1.4-2h5.6l1.4 2h2.3A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z"/><circle cx="12" cy="13" r="3.4"/>',
    "export": '<path d="M12 15V4"/><path d="M8 7.6L12 3.6l4 4"/><path d="M5 13v5.5A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5V13"/>',
    "full": '<path d="M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9"/><path d="M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9"/><path d="M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15"/><path d="M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15"/>',
    "panel": '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="M14.5 5v14"/>',
    "gauge": '<path d="M4.5 17.5a8.5 8.5 0 1 1 15 0"/><path d="M12 14l3.6-4.6"/><circle fill="currentColor" stroke="none" cx="12" cy="14" r="1.5"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.7 2.2c-.8.45-1.3.9-1.3 1.9"/><circle fill="currentColor" stroke="none" cx="12" cy="16.7" r="1.05"/>',
    "camera": '<rect x="3" y="6.5" width="12.5" height="11" rx="2"/><path d="M15.5 10.7l5-2.7v8l-5-2.7"/>',
    "file": '<path d="M4 7a2 2 0 0 1 2-2h3.6l2 2.4H18a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"/>',
    "pictures": '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="M4 16.5l4.6-4.4 3.6 3.4 3.1-2.9 4.7 4.2"/><circle cx="14.6" cy="9.4" r="1.3"/>',
    "link": '<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 1 0 13 5.3l-.9.9"/><path d="M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 1 0 11 18.7l.9-.9"/>',
    "demo": '<path d="M12 3.5l1.9 5.1 5.1 1.9-5.1 1.9L12 17.5l-1.9-5.1L5 10.5l5.1-1.9z"/><path d="M18.5 16.5v4M16.5 18.5h4"/>',
    "drop": '<path d="M12 4v10"/><path d="M8 10.5l4 4 4-4"/><path d="M4 15v2.5A2.5 2.5 0 0 0 6.5 20h11a2.5 2.5 0 0 0 2.5-2.5V15"/>',
    "refresh": '<path d="M19 12a7 7 0 1 1-2.2-5.1"/><path d="M19.4 4.2v4h-4"/>',
    "down": '<path d="M7.5 10l4.5 4.5 4.5-4.5"/>',
    "right": '<path d="M10 7.5l4.5 4.5-4.5 4.5"/>',
    "close": '<path d="M7 7l10 10M17 7L7 17"/>',
    "more": f'<circle {_FILL} cx="6" cy="12" r="1.5"/><circle {_FILL} cx="12" cy="12" r="1.5"/><circle {_FILL} cx="18" cy="12" r="1.5"/>',
    "warning": '<path d="M12 4.2l8.4 14.6a.6.6 0 0 1-.5.9H4.1a.6.6 0 0 1-.5-.9z"/><path d="M12 10v4"/><circle fill="currentColor" stroke="none" cx="12" cy="16.8" r="1.05"/>',
    "error": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.6v5.4"/><circle fill="currentColor" stroke="none" cx="12" cy="16.2" r="1.05"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.2"/><circle fill="currentColor" stroke="none" cx="12" cy="7.9" r="1.05"/>',
    "done": '<circle cx="12" cy="12" r="8.5"/><path d="M8.3 12.3l2.5 2.5 5-5.2"/>',
    "back": '<path d="M19 12H5.5"/><path d="M11 6l-6 6 6 6"/>',
    "forward": '<path d="M5 12h13.5"/><path d="M13 6l6 6-6 6"/>',
    "up": '<path d="M12 19V5.5"/><path d="M6 11l6-6 6 6"/>',
    "new_folder": '<path d="M4 7a2 2 0 0 1 2-2h3.6l2 2.4H18a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"/><path d="M12 10.5v5M9.5 13h5"/>',
    "grid": '<rect x="4.5" y="4.5" width="6" height="6" rx="1"/><rect x="13.5" y="4.5" width="6" height="6" rx="1"/><rect x="4.5" y="13.5" width="6" height="6" rx="1"/><rect x="13.5" y="13.5" width="6" height="6" rx="1"/>',
    "list": '<path d="M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01"/>',
    "check": '<path d="M6.5 12.5l3.7 3.7 7.3-8"/>',
    "person": '<circle cx="12" cy="8" r="3.7"/><path d="M5 19.5c.7-3.6 3.5-5.7 7-5.7s6.3 2.1 7 5.7"/>',
    "pen": '<path d="M5 19l.9-3.8L15.4 5.7a1.9 1.9 0 0 1 2.7 0l.2.2a1.9 1.9 0 0 1 0 2.7L8.8 18.1z"/><path d="M13.8 7.3l2.9 2.9"/>',
    "solo": '<circle cx="12" cy="12" r="3"/><path d="M12 3.5v3M12 17.5v3M3.5 12h3M17.5 12h3"/><circle cx="12" cy="12" r="7"/>',
    "overlay": f'<circle cx="12" cy="12" r="8"/><path {_FILL} d="M12 4a8 8 0 0 1 0 16z"/>',
    "plain": '<circle cx="12" cy="12" r="8"/>',
    "blur": f'<g {_FILL}><circle cx="12" cy="12" r="2.4"/><circle cx="12" cy="5.5" r="1.4"/><circle cx="12" cy="18.5" r="1.4"/><circle cx="5.5" cy="12" r="1.4"/><circle cx="18.5" cy="12" r="1.4"/><circle cx="7.4" cy="7.4" r="1.4"/><circle cx="16.6" cy="7.4" r="1.4"/><circle cx="7.4" cy="16.6" r="1.4"/><circle cx="16.6" cy="16.6" r="1.4"/></g>',
    "hide": '<path d="M4 12s2.9-5.5 8-5.5 8 5.5 8 5.5-2.9 5.5-8 5.5S4 12 4 12z"/><circle cx="12" cy="12" r="2.4"/><path d="M5 19L19 5"/>',
}  # fmt: skip


def logo(size: int, ratio: float = 1.0) -> QPixmap:
    """The application's mark: two people apart, in two colours."""
    back, first, second = (colours_shown()[f"mark_{part}"] for part in ("back", "first", "second"))
    art = (
        f'<rect x="1" y="1" width="22" height="22" rx="6" fill="{back}" stroke="none"/>'
        f'<g stroke="none"><circle cx="9" cy="8.6" r="2.9" fill="{first}"/>'
        f'<path d="M3.8 19.5c0-3.9 2.3-6.4 5.2-6.4s5.2 2.5 5.2 6.4z" fill="{first}"/>'
        f'<circle cx="15.8" cy="9.8" r="2.5" fill="{second}"/>'
        f'<path d="M11.4 19.5c0-3.4 1.9-5.5 4.4-5.5s4.4 2.1 4.4 5.5z" fill="{second}"/></g>'
    )
    image = _paint(art, back, QSize(size, size) * ratio)
    image.setDevicePixelRatio(ratio)
    return image


def pixmap(name: str, role: str, size: int, ratio: float = 1.0) -> QPixmap:
    """An icon of `size` logical pixels in the colour that a role has now."""
    image = _tinted(name, colours_shown()[role], round(size * ratio))
    image.setDevicePixelRatio(ratio)
    return image


@cache
def icon(name: str, normal: str = "text", checked: str = "accent") -> QIcon:
    """An icon in the colours that its roles have whenever it is painted, sharp at every scale."""
    return QIcon(_TintedEngine(name, normal, checked))


class _TintedEngine(QIconEngine):
    """Looks the colour up at every painting, so that icons follow a change of the look."""

    def __init__(self, name: str, normal: str, checked: str) -> None:
        super().__init__()
        self._name, self._normal, self._checked = name, normal, checked

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """`size` in pixels of the device."""
        role = self._checked if state is QIcon.State.On else self._normal
        if mode is QIcon.Mode.Disabled:
            role = "text_off"
        return _tinted(self._name, colours_shown()[role], min(size.width(), size.height()))

    def paint(
        self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        """Into a rectangle in logical pixels."""
        device = painter.device() if painter is not None else None
        if painter is not None and device is not None:
            size = rect.size() * device.devicePixelRatioF()
            painter.drawPixmap(rect, self.pixmap(size, mode, state))

    def clone(self) -> QIconEngine:
        """Another one alike."""
        return _TintedEngine(self._name, self._normal, self._checked)


@cache
def _drawn(name: str, colour_code: str, size_px: int) -> QPixmap:
    return _paint(_SHAPES[name], colour_code, QSize(size_px, size_px))


def _tinted(name: str, colour_code: str, size_px: int) -> QPixmap:
    return QPixmap(_drawn(name, colour_code, size_px))  # its owner may set its ratio


def _paint(art: str, colour_code: str, size: QSize) -> QPixmap:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.7" stroke-linecap="round" '
        f'stroke-linejoin="round">{art}</svg>'
    ).replace("currentColor", colour_code)
    image = QPixmap(size)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(image.rect()))
    painter.end()
    return image
