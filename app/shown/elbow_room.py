"""Two messages and the export card that do not fit on a small picture: some wait."""

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
        """The newest first, then the card: what was asked for comes before an older message."""
        room_px = self._view.height() - 2 * self._margin_px + self._gap_px
        heights_px: dict[Banner | ExportCard, int] = {m: m.height() for m in self._messages}
        heights_px[self._card] = self._card.minimumSizeHint().height()
        posted = [one for one in heights_px if one.posted_at_s]
        newest = max(posted, key=lambda one: one.posted_at_s, default=None)
        posted.sort(
            key=lambda one: (one is newest, one is self._card, one.posted_at_s), reverse=True
        )
        for one in posted:
            needed_px = heights_px[one] + self._gap_px
            waits = needed_px > room_px and one is not newest
            one.set_waiting(waits)
            room_px -= 0 if waits else needed_px
