"""What lies below a list stays under the pointer while the list gets longer or shorter."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtGui import QCursor, QResizeEvent
from PyQt6.QtWidgets import QScrollArea, QWidget


class Anchored(QObject):
    """Watches a list and the area it is scrolled in.

    While the pointer is below the list in it, the list gets no shorter, and what it grows is
    scrolled away. So a click meets what it was meant for.
    """

    def __init__(self, listing: QWidget, area: QScrollArea) -> None:
        super().__init__(area)
        self._listing, self._area = listing, area
        self._height_px: int | None = None  # that the area has been scrolled for
        listing.installEventFilter(self)
        area.installEventFilter(self)
        bar = area.verticalScrollBar()
        if bar is not None:
            bar.rangeChanged.connect(lambda _low, _high: self._scroll_growth_away())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """The list is about to change its height, or the pointer leaves."""
        if event is None:
            return False
        if watched is self._area and event.type() is QEvent.Type.Leave:
            self._hold(False)
        elif watched is self._listing and isinstance(event, QResizeEvent):
            before_px = event.oldSize().height()  # negative where it had no size yet
            if before_px > 0 and self._pointer_is_below(before_px):
                self._keep(before_px)
        elif watched is self._listing and event.type() is QEvent.Type.LayoutRequest:
            # It comes before the list has another height, or after.
            height_px = self._listing.height() if self._height_px is None else self._height_px
            is_below = self._pointer_is_below(height_px)
            if is_below:
                self._keep(height_px)
            self._hold(is_below)
        return False

    def _keep(self, height_px: int) -> None:
        """What the list grows from that height on is scrolled away, once all is laid out."""
        if self._height_px is None:
            self._height_px = height_px
            QTimer.singleShot(0, self._end)

    def _hold(self, hold: bool) -> None:
        least_px = self._listing.height() if hold and self._listing.isVisible() else 0
        if self._listing.minimumHeight() != least_px:
            self._listing.setMinimumHeight(least_px)

    def _pointer_is_below(self, height_px: int) -> bool:
        where, viewport = QCursor.pos(), self._area.viewport()
        if viewport is None or not viewport.rect().contains(viewport.mapFromGlobal(where)):
            return False
        return self._listing.mapFromGlobal(where).y() >= height_px

    def _scroll_growth_away(self) -> None:
        bar = self._area.verticalScrollBar()
        if bar is not None and self._height_px is not None:
            before = bar.value()
            bar.setValue(before + max(0, self._listing.height() - self._height_px))
            self._height_px += bar.value() - before

    def _end(self) -> None:
        self._scroll_growth_away()
        self._height_px = None
