"""The menus of a person and of the picture, where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from app.acting.identities import Identities
from app.acting.naming import Naming
from app.acting.picture import Picture
from app.basics.icons import icon
from app.held.options import OptionsModel
from app.running.player import Player
from app.shown.controls.swatch import swatch_icon
from app.shown.controls.widgets import menu_text
from app.shown.person_menu import look_open, make_person_menu, popup, shown_colour
from app.shown.picture_menu import make_picture_menu


class Menus:
    """Opens them. actions: of the commands. window: what they lie on."""

    def __init__(
        self,
        player: Player,
        picture: Picture,
        options: OptionsModel,
        identities: Identities,
        naming: Naming,
        actions: Mapping[str, QAction],
        window: QWidget,
    ) -> None:
        self._player, self._picture, self._options = player, picture, options
        self._identities, self._naming = identities, naming
        self._actions, self._window = actions, window

    def open(self, track_id: int, where: QPoint) -> None:
        """What can be done with the person there, or for -1 with the picture."""
        self._picture.select(track_id)
        state = self._player.state()
        if track_id != -1:
            self.open_person(track_id, where)
        elif state is not None and state.source is not None:
            popup(make_picture_menu(self._actions, state.source, self._window), where)

    def open_person(self, track_id: int, where: QPoint) -> None:
        """All that can be done with a person."""
        rename = partial(self._naming.rename, track_id)
        menu = make_person_menu(self._options, track_id, self._window, rename)
        state = self._player.state()
        if state is None or state.source is None or len(state.source.pictures) != 1:
            menu.addSeparator()
            self._add_others(menu, track_id)
        popup(menu, where)

    def _add_others(self, menu: QMenu, track_id: int) -> None:
        """All that this person may be instead."""
        options, identities = self._options, self._identities
        others, in_picture = QMenu("This is…", menu), identities.in_picture
        others.setIcon(icon("person"))
        others.setToolTipsVisible(True)
        for other in identities.others(track_id):
            colour = swatch_icon(shown_colour(options, other))
            action = others.addAction(colour, menu_text(options.name_of(other)))
            if action is None:
                continue
            action.triggered.connect(
                lambda _checked=False, i=other: identities.correct(track_id, i)
            )
            action.setToolTip(
                "Both were confused: from here on each is the other"
                if other in in_picture
                else "The same person, who came back under another number"
            )
        others.addSeparator()
        new = others.addAction(icon("demo"), "Somebody new")
        if new is not None:
            new.triggered.connect(lambda _checked=False: identities.correct(track_id, None))
            new.setToolTip("From here on another person than before")
        menu.addMenu(others)
        look_open(menu, others)
