"""What shows around the picture: bars, panel, figures; nothing in full screen."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QWidget

from app.held.kept import Kept
from app.shown.banner import Level
from app.shown.body import Body

_HOW_TO_LEAVE = "Press Esc to leave full screen"


class Chrome(QObject):
    """Shows and hides what the user wants around the picture. window: what all of it lies in.

    The system may begin and end full screen, too: macOS has a button for it.
    """

    def __init__(self, window: QWidget, body: Body, kept: Kept) -> None:
        super().__init__(window)
        self._window, self._body, self._kept = window, body, kept
        self._was_fullscreen = self.is_fullscreen
        window.installEventFilter(self)
        self._show()

    def eventFilter(self, _target: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow the window into full screen and out of it."""
        changes = event is not None and event.type() is QEvent.Type.WindowStateChange
        if changes and self.is_fullscreen != self._was_fullscreen:
            self._was_fullscreen = self.is_fullscreen
            self._show()
            self._tell_how_to_leave()
        return False

    @property
    def is_fullscreen(self) -> bool:
        """True while there is nothing but the picture."""
        return self._window.isFullScreen()

    def toggle_panel(self) -> None:
        """Side panel on or off."""
        self._kept.change_view(panel=not self._kept.view.panel)
        self._show()

    def bring_panel(self) -> None:
        """Have the side panel show, whatever hides it."""
        if self.is_fullscreen:
            self.set_fullscreen(False)
        if not self._kept.view.panel:
            self.toggle_panel()

    def toggle_hud(self) -> None:
        """Figures on the picture on or off."""
        self._kept.change_view(hud=not self._kept.view.hud)
        self._show()

    def toggle_fullscreen(self) -> None:
        """The one or the other."""
        self.set_fullscreen(not self.is_fullscreen)

    def set_fullscreen(self, full: bool) -> None:
        """Nothing but the picture, or the window again."""
        state, flag = self._window.windowState(), Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | flag if full else state & ~flag)

    def _tell_how_to_leave(self) -> None:
        """Not any more once it has been left."""
        toast = self._body.stage.toast
        if self.is_fullscreen:
            keys = "F does the same; S takes a screenshot, R records."
            toast.post(Level.INFO, _HOW_TO_LEAVE, keys)
        elif toast.text.startswith(_HOW_TO_LEAVE):
            toast.dismiss()

    def _show(self) -> None:
        """As wanted now."""
        view, full, body = self._kept.view, self.is_fullscreen, self._body
        body.header.setVisible(not full)
        body.transport.setVisible(not full)
        body.panel.setVisible(view.panel and not full)
        body.stage.set_hud_wanted(view.hud and not full)
        body.stage.view.set_pointer_hides(full)
        body.stage.recording_sign.set_wanted(full)
        body.header.panel.setChecked(view.panel)
        body.transport.hud.setChecked(view.hud)
