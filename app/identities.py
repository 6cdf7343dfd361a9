"""Saying who somebody is whose identity is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu

from app.controls.swatch import swatch_icon
from app.controls.widgets import menu_text
from app.icons import icon
from app.person_menu import look_open, make_person_menu, popup, shown_colour
from engine.config import Said

if TYPE_CHECKING:
    from app.main_window import MainWindow

MOST = 12
"""So many people are offered, those in the picture and with choices of their own first."""


class Identities:
    """Knows who was seen, and opens the menu of a person with all others in it."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._seen: dict[int, None] = {}  # the latest last
        self._began_at_s = window.options.began_at_s
        window.panel.people.menu_wanted.connect(self.open_menu)
        window.options.unsaid.connect(self._on_unsaid)

    def see(self, track_ids: Iterable[int]) -> None:
        """These people are on the screen."""
        if self._began_at_s != self._window.options.began_at_s:  # ids mean others since
            self._seen.clear()
            self._began_at_s = self._window.options.began_at_s
        for track_id in track_ids:
            self._seen.pop(track_id, None)
            self._seen[track_id] = None

    def open_menu(self, track_id: int, where: QPoint) -> None:
        """All that can be done with a person."""
        window = self._window
        rename = partial(window.rename, track_id)
        menu = make_person_menu(window.options, track_id, window, rename)
        state = window.player.state()
        if state is None or state.source is None or len(state.source.pictures) != 1:
            menu.addSeparator()
            self._add_others(menu, track_id)
        popup(menu, where)

    def correct(self, wrong: int, right: int | None) -> None:
        """Whoever is called `wrong` is `right`, or for None somebody new."""
        is_back = right is not None and right not in self._in_picture()
        self._window.options.correct(wrong, right, is_back)
        self._window.select(-1 if right is None else right)

    def _on_unsaid(self, said: Said) -> None:
        """Whoever is selected stays so, and nobody knows somebody who was never there."""
        window, right = self._window, self._window.player.meant(said)
        if right is None:
            return
        if said.right is None:
            self._seen.pop(right, None)
        if window.stage.view.selected_id in (right, -1 if said.right is None else right):
            window.select(said.wrong)

    def _add_others(self, menu: QMenu, track_id: int) -> None:
        options, in_picture = self._window.options, self._in_picture()
        others = QMenu("This is…", menu)
        others.setIcon(icon("person"))
        others.setToolTipsVisible(True)
        for other in self._others(track_id):
            colour = swatch_icon(shown_colour(options, other))
            action = others.addAction(colour, menu_text(options.name_of(other)))
            if action is None:
                continue
            action.triggered.connect(lambda _checked=False, i=other: self.correct(track_id, i))
            action.setToolTip(
                "Both were confused: from here on each is the other"
                if other in in_picture
                else "The same person, who came back under another number"
            )
        others.addSeparator()
        new = others.addAction(icon("demo"), "Somebody new")
        if new is not None:
            new.triggered.connect(lambda _checked=False: self.correct(track_id, None))
            new.setToolTip("From here on another person than before")
        menu.addMenu(others)
        look_open(menu, others)

    def _others(self, track_id: int) -> list[int]:
        chosen = self._window.options.effective.render.styles
        ranked = dict.fromkeys([*self._in_picture(), *chosen, *reversed(self._seen)])
        return sorted([i for i in ranked if i > 0 and i != track_id][:MOST])

    def _in_picture(self) -> list[int]:
        result = self._window.stage.view.result
        return result.instances.track_ids.tolist() if result is not None else []
