"""Two messages and the export card that do not fit on a small picture: the older message waits."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QWidget

from app.shown.banner import Banner
from app.shown.export_card import ExportCard

_CHANGES = (
    QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.Resize,
    QEvent.Type.LayoutRequest,
)  # fmt: skip


class ElbowRoom(QObject):
    """Watches them and the view they lie on."""

    def __init__(
        self, view: QWidget, messages: tuple[Banner, ...], card: ExportCard, margin_px: int,
        gap_px: int,
    ) -> None:  # fmt: skip
        super().__init__(view)
        self._view, self._messages, self._card = view, messages, card
        self._margin_px, self._gap_px = margin_px, gap_px
        self._deciding = False
        for watched in (view, card, *messages):
            watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Something came, went or has another size."""
        if event is not None and event.type() in _CHANGES and not self._deciding:
            self._deciding = True
            self._decide()
            self._deciding = False
        return False

    def _decide(self) -> None:
        room_px = self._view.height() - 2 * self._margin_px + self._gap_px
        if not self._card.isHidden():
            room_px -= self._card.minimumSizeHint().height() + self._gap_px
        posted = [message for message in self._messages if message.posted_at_s]
        posted.sort(key=lambda message: message.posted_at_s, reverse=True)
        for message in posted:
            room_px -= message.height() + self._gap_px
            message.set_waiting(room_px < 0 and message is not posted[0])
