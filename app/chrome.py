"""What shows around the picture: bars, panel, figures; nothing in full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from app.banner import Level
from app.controls.appearance import APPEARANCES, appearance_title
from app.preferences import Appearance

if TYPE_CHECKING:
    from app.main_window import MainWindow


_HOW_TO_LEAVE = "Press Esc to leave full screen"


class Chrome:
    """Shows and hides for the window what the user wants around the picture."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def toggle_panel(self) -> None:
        """Side panel on or off."""
        self._window.kept.change_view(panel=not self._window.kept.view.panel)
        self.show()

    def toggle_hud(self) -> None:
        """Figures on the picture on or off."""
        self._window.kept.change_view(hud=not self._window.kept.view.hud)
        self.show()

    def set_appearance(self, appearance: Appearance) -> None:
        """Light, dark or as the system."""
        self._window.appearance.want(appearance)
        self._window.panel.appearance.show_appearance(appearance)
        self._window.kept.change_view(appearance=appearance)

    def next_appearance(self) -> None:
        """The next one of the list, and which it is: the switch may be out of sight."""
        choices = [choice for choice, *_ in APPEARANCES]
        now = choices.index(self._window.kept.view.appearance)
        following = choices[(now + 1) % len(choices)]
        self.set_appearance(following)
        self._window.stage.toast.post(Level.INFO, f"Appearance: {appearance_title(following)}")

    def set_fullscreen(self, full: bool) -> None:
        """Nothing but the picture, or the window again."""
        toast = self._window.stage.toast
        state, flag = self._window.windowState(), Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | flag if full else state & ~flag)
        self.show()
        if full:
            keys = "F does the same; S takes a screenshot, R records."
            toast.post(Level.INFO, _HOW_TO_LEAVE, keys)
        elif toast.text.startswith(_HOW_TO_LEAVE):
            toast.dismiss()

    def show(self) -> None:
        """As wanted now."""
        window, view = self._window, self._window.kept.view
        full = window.isFullScreen()
        window.header.setVisible(not full)
        window.transport.setVisible(not full)
        window.panel.setVisible(view.panel and not full)
        window.stage.set_hud_wanted(view.hud and not full)
        window.stage.view.set_pointer_hides(full)
        window.header.panel.setChecked(view.panel)
        window.transport.hud.setChecked(view.hud)
