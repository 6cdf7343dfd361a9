"""The picture with all that may lie on it: figures, messages, start page, cards."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QLayout, QVBoxLayout, QWidget

from app.basics.focus_keys import return_keys
from app.basics.theme import GRID_PX
from app.shown.address_card import AddressCard
from app.shown.banner import Banner
from app.shown.elbow_room import ElbowRoom
from app.shown.empty_state import Busy, EmptyState
from app.shown.export_card import ExportCard
from app.shown.hud import Hud
from app.shown.hud_corner import CORNERS, HudCorner
from app.shown.recording_sign import RecordingSign
from app.shown.video_view import VideoView
from engine.board import Phase, SessionState

TOAST_MS = 6000
ALL_FIGURES_FROM_PX = (640, 480)
"""Width and height of the picture's place below which the figures would cover much of it."""
_MARGIN_PX = 2 * GRID_PX


class Stage(QWidget):
    """Owns the view and its overlays, and decides which of them show."""

    def __init__(self) -> None:
        super().__init__()
        self.view = VideoView()
        self.hud = Hud()
        self.recording_sign = RecordingSign()
        self.banner = Banner()
        self.toast = Banner(TOAST_MS)
        self.address = AddressCard()
        self.export = ExportCard()
        self.empty = EmptyState()
        self.busy = Busy()
        self._hud_wanted = self._has_speed = True
        self._moves = False
        self._lay_out()
        ElbowRoom(self.view, self.messages, self.export, _MARGIN_PX, GRID_PX)
        self.show_state(None, "")

    @property
    def messages(self) -> tuple[Banner, Banner]:
        """All there can be, the more passing one first."""
        return self.toast, self.banner

    def show_state(self, state: SessionState | None, opening: str) -> None:
        """Show what belongs to a state. opening: the name of what is being opened, or ""."""
        phase = state.phase if state else None
        has_picture = self.view.result is not None
        waits = bool(opening) and phase not in (Phase.FAILED, Phase.STOPPED) and not has_picture
        is_open = state is not None and state.source is not None and state.model is not None
        # The first picture on a machine takes seconds: its code is compiled for the processor.
        self.busy.set_text("Preparing the first picture…" if is_open else f"Opening {opening}…")
        self.busy.setVisible(waits)
        if waits or has_picture:
            return_keys(self.empty)
        self.empty.setVisible(not waits and not has_picture)
        source = state.source if state else None
        self._has_speed = source is None or not source.pictures
        self._moves = phase is Phase.RUNNING
        self._show_hud()
        if state is not None:
            self.hud.show_state(state)

    def set_hud_wanted(self, wanted: bool) -> None:
        """Figures on or off; they still need a picture that moves."""
        self._hud_wanted = wanted
        self._show_hud()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Messages and cards are never wider than the picture, and the figures leave it free."""
        super().resizeEvent(event)
        width, height = ALL_FIGURES_FROM_PX
        self.hud.set_brief(self.width() < width or self.height() < height)
        self._show_hud()
        for card in (*self.messages, self.address, self.export):
            card.fit_width(self.width() - 2 * _MARGIN_PX)

    def _show_hud(self) -> None:
        has_figures = self._has_speed and self.view.result is not None
        has_figures &= self._moves or not self.hud.is_brief  # one without a value is in the way
        self.hud.setVisible(self._hud_wanted and has_figures)

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.view)
        column = QVBoxLayout(self.view)
        # Overlays must not make the view any larger than it is.
        column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.setSpacing(GRID_PX)
        for card in (self.banner, self.address):
            column.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        grid = QGridLayout()  # what a message leaves free, in one cell
        column.addLayout(grid, 1)
        grid.addWidget(self.hud, 0, 0, CORNERS[0])
        grid.addWidget(self.recording_sign, 0, 0, CORNERS[1])
        middle = QVBoxLayout()
        middle.addStretch()
        for page in (self.empty, self.busy):
            middle.addWidget(page, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch()
        grid.addLayout(middle, 0, 0)
        bottom = QVBoxLayout()
        bottom.setSpacing(GRID_PX)
        bottom.addStretch()
        bottom.addWidget(self.toast, 0, Qt.AlignmentFlag.AlignHCenter)
        bottom.addWidget(self.export, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        grid.addLayout(bottom, 0, 0)
        HudCorner(self.hud, self.view, grid, (self.toast, self.export))
