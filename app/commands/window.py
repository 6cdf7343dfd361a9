"""The window itself, and the way back out of whatever lies on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.acting.appearance_choice import AppearanceChoice
from app.acting.chrome import Chrome
from app.acting.picture import Picture
from app.held.shortcuts import Handlers
from app.shown.help_overlay import HelpOverlay
from app.shown.stage import Stage

OVER_HELP = frozenset({"fullscreen", "appearance", "help", "escape", "quit"})
"""Commands that act while the page of keys covers the rest."""


class WindowCommands:
    """quit_window: closes it, perhaps after a question. page: of keys."""

    def __init__(
        self,
        chrome: Chrome,
        appearance: AppearanceChoice,
        page: HelpOverlay,
        stage: Stage,
        picture: Picture,
        quit_window: Callable[[], None],
    ) -> None:
        self._chrome, self._appearance, self._help = chrome, appearance, page
        self._stage, self._picture, self._quit = stage, picture, quit_window

    def handlers(self) -> Handlers:
        """Command name → what it does."""
        return {
            "fullscreen": self._chrome.toggle_fullscreen,
            "panel": self._chrome.toggle_panel,
            "hud": self._chrome.toggle_hud,
            "appearance": self._appearance.go_on,
            "help": self._turn_help,
            "escape": self._escape,
            "quit": self._quit,
        }

    def _turn_help(self) -> None:
        if self._help.isVisible():
            self._help.hide()
        else:
            self._help.open()

    def _escape(self) -> None:
        stage = self._stage
        if self._help.isVisible():
            self._help.hide()
        elif stage.address.isVisible():
            stage.address.hide()
        elif stage.export.isVisible() and not stage.export.busy:
            stage.export.hide()
        elif self._chrome.is_fullscreen:
            self._chrome.set_fullscreen(False)
        elif message := next((m for m in stage.messages if m.isVisible()), None):
            message.dismiss()
        else:
            self._picture.select(-1)


def unless_covered(handlers: Handlers, page: HelpOverlay) -> Handlers:
    """Those of `handlers` that act on what the page of keys covers do nothing meanwhile."""

    def run(name: str, call: Callable[[], None]) -> None:
        if name in OVER_HELP or not page.isVisible():
            call()

    return {name: partial(run, name, call) for name, call in handlers.items()}
