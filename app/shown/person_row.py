"""One person of the list: who it is, how sure that is, and what is done with them."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel

from app.basics.icons import icon
from app.held.options import OptionsModel
from app.shown.controls.look import EFFECTS
from app.shown.controls.menu_head import put_head
from app.shown.controls.swatch import Swatch
from app.shown.controls.widgets import label, restyle, tool
from app.shown.person_menu import make_colour_menu, popup, shown_colour
from app.shown.person_name import PersonName

_UNTRACKED = "Nobody has choices of their own without identities: Detection › Keep identities."
_EFFECT_ICONS = {effect: (icon_name, title) for effect, title, icon_name, _ in EFFECTS}


class PersonRow(QFrame):
    """One person: colour, name, confidence, effect, alone. clicked: its id.

    menu_wanted: its id and a global position.
    """

    clicked = pyqtSignal(int)
    menu_wanted = pyqtSignal(int, QPoint)

    def __init__(self, options: OptionsModel) -> None:
        super().__init__()
        self.setObjectName("row")
        self.track_id = -1
        self._options = options
        self._look: tuple[object, ...] = ()
        self.swatch = Swatch((128, 128, 128), "Colour", 26)
        self.name = PersonName()
        self.score = label("", "value")
        self.effect = tool("overlay", "Effect", "small")
        self.only = tool("solo", "Only this person", "small", checkable=True)
        self.name.begun.connect(self.score.hide)  # the line needs the room
        self.name.finished.connect(self.score.show)
        self.name.renamed.connect(lambda text: options.rename(self.track_id, text))
        self.swatch.clicked.connect(lambda _checked=False: self._open_colours())
        self.effect.clicked.connect(lambda _checked=False: self._open_menu())
        self.only.clicked.connect(lambda on: options.set_only(self.track_id if on else None))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(2)
        row.addWidget(self.swatch)
        row.addSpacing(4)
        row.addWidget(self.name, 1)
        row.addSpacing(4)
        row.addWidget(self.score)
        row.addSpacing(2)
        row.addWidget(self.effect)
        row.addWidget(self.only)

    @property
    def has_keys(self) -> bool:
        """Whether one of its controls has the focus, or would in the active window."""
        window = self.window()
        focused = window.focusWidget() if window is not None else None
        return focused is not None and self.isAncestorOf(focused)

    @property
    def is_in_use(self) -> bool:
        """Whether the pointer is on it, or it has the keys."""
        return self.underMouse() or self.has_keys

    def show_person(self, track_id: int, percent: int | None, selected: bool) -> None:
        """Show one person as it is now. percent: None for somebody who is not in the picture."""
        self.track_id = track_id
        style = self._options.style_of(track_id)
        name = self._options.name_of(track_id)
        self.name.show_name(name, style.name)
        self.score.setText("away" if percent is None else f"{percent}%")
        known = track_id >= 0
        effect = style.effect
        alone = self._options.only_id == track_id and known
        colour = shown_colour(self._options, track_id)
        look = (track_id, percent is None, name, effect, alone, selected, colour)
        if look == self._look:
            return
        self._look = look
        self.swatch.set_colour(colour)
        icon_name, title = _EFFECT_ICONS[effect]
        self.effect.setIcon(icon(icon_name, "text_soft"))
        self.effect.setToolTip(f"Effect: {title}")
        self.only.setChecked(alone)
        self.only.setToolTip("Show everybody again" if alone else "Only this person")
        self.swatch.setAccessibleName(f"Colour of {name}")
        self.effect.setAccessibleName(f"Effect of {name}")
        self.only.setAccessibleName(f"Only {name}")
        self.swatch.setToolTip("Colour")
        for widget in (self.swatch, self.effect, self.only):
            widget.setEnabled(known)
            if not known:
                widget.setToolTip(_UNTRACKED)
        self._mark("selected", selected)
        self._mark("away", percent is None)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select this person."""
        if event is not None and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit(self.track_id)

    def leaveEvent(self, _event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Lose the colour of being pointed at, which Qt leaves where a menu opens."""
        self.update()

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Type another name."""
        if self.track_id >= 0:
            self.name.edit()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """The person's menu."""
        if event is not None and self.track_id >= 0:
            self.menu_wanted.emit(self.track_id, event.globalPos())

    def _mark(self, kind: str, marked: bool) -> None:
        if self.property(kind) != marked:
            self.setProperty(kind, marked)
            restyle(self)
            for part in (self.score, *self.name.findChildren(QLabel)):
                restyle(part)

    def _open_menu(self) -> None:
        below = QPoint(0, self.effect.height() + 4)
        self.menu_wanted.emit(self.track_id, self.effect.mapToGlobal(below))

    def _open_colours(self) -> None:
        menu = make_colour_menu(self._options, self.track_id, self)
        put_head(menu, self._options.name_of(self.track_id))
        popup(menu, self.swatch.mapToGlobal(QPoint(0, self.swatch.height() + 4)))
