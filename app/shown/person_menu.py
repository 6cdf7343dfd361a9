"""What can be done with one person: the same menu on the picture and in the list."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget

from app.basics.icons import icon
from app.held.options import OptionsModel
from app.shown.controls.look import EFFECTS
from app.shown.controls.menu_head import put_head
from app.shown.controls.swatch import PERSON_PRESETS_BGR, Bgr, swatch_icon
from app.shown.controls.widgets import restyle
from engine.palette import colour_of


def shown_colour(options: OptionsModel, track_id: int) -> Bgr:
    """The colour a person has now."""
    return options.style_of(track_id).colour_bgr or colour_of(track_id)


def make_person_menu(
    options: OptionsModel, track_id: int, parent: QWidget, rename: Callable[[], None]
) -> QMenu:
    """Effects, colour, name, and showing this person alone. rename: let the user type."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    put_head(menu, options.name_of(track_id))
    current = options.style_of(track_id).effect
    effects = QActionGroup(menu)
    for effect, title, icon_name, tip in EFFECTS:
        action = menu.addAction(icon(icon_name), title)
        if action is None:
            continue
        action.setCheckable(True)
        action.setChecked(effect is current)
        action.setToolTip(tip)
        effects.addAction(action)
        action.triggered.connect(
            lambda _checked=False, value=effect: options.set_style(track_id, effect=value)
        )
    menu.addSeparator()
    colours = make_colour_menu(options, track_id, menu)
    menu.addMenu(colours)
    look_open(menu, colours)
    name = menu.addAction(icon("pen"), "Rename…")
    if name is not None:
        name.triggered.connect(lambda _checked=False: rename())
    menu.addSeparator()
    alone = options.only_id == track_id
    only = menu.addAction(icon("solo"), "Show everybody" if alone else "Only this person")
    if only is not None:
        only.triggered.connect(lambda _checked=False: options.set_only(None if alone else track_id))
    return menu


def make_colour_menu(options: OptionsModel, track_id: int, parent: QWidget) -> QMenu:
    """Colours for one person."""
    menu = QMenu("Colour", parent)
    menu.setIcon(swatch_icon(shown_colour(options, track_id)))
    own = menu.addAction(swatch_icon(colour_of(track_id)), "Own colour")
    if own is not None:
        own.triggered.connect(lambda _checked=False: options.set_style(track_id, colour_bgr=None))
    menu.addSeparator()
    for name, bgr in PERSON_PRESETS_BGR:
        action = menu.addAction(swatch_icon(bgr), name)
        if action is not None:
            action.triggered.connect(
                lambda _checked=False, value=bgr: options.set_style(track_id, colour_bgr=value)
            )
    return menu


def look_open(menu: QMenu, beside: QMenu) -> None:
    """While `beside` is open, the menu that it belongs to shows that the keys are there."""
    beside.aboutToShow.connect(lambda: _put_behind(menu, True))
    beside.aboutToHide.connect(lambda: _put_behind(menu, False))


def _put_behind(menu: QMenu, behind: bool) -> None:
    """While another one is open beside it, the keys are not on its entry."""
    menu.setProperty("behind", behind)
    restyle(menu)


def popup(menu: QMenu, where: QPoint) -> None:
    """Show a menu without waiting for it; it goes away with its last use."""
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(where)
