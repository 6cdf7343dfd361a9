"""The people in the picture that is on the screen, each with name and what is done to them."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.basics.icons import icon
from app.held.options import OptionsModel
from app.shown.controls.look import EFFECTS
from app.shown.controls.menu_head import put_head
from app.shown.controls.section import Section
from app.shown.controls.swatch import Swatch
from app.shown.controls.widgets import button, label, restyle, tool
from app.shown.person_menu import make_colour_menu, popup, shown_colour
from app.shown.person_name import PersonName
from engine.types import Result

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
        self.percent = 0
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

    def show_person(self, track_id: int, percent: int, selected: bool) -> None:
        """Show one person as it is now."""
        self.track_id = track_id
        self.percent = percent
        style = self._options.style_of(track_id)
        name = self._options.name_of(track_id)
        self.name.show_name(name, style.name)
        self.score.setText(f"{percent}%")
        known = track_id >= 0
        effect = style.effect
        alone = self._options.only_id == track_id and known
        look = (track_id, name, effect, alone, selected, shown_colour(self._options, track_id))
        if look == self._look:
            return
        self._look = look
        self.swatch.set_colour(shown_colour(self._options, track_id))
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
        if self.property("selected") != selected:
            self.setProperty("selected", selected)
            restyle(self)

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

    def _open_menu(self) -> None:
        below = QPoint(0, self.effect.height() + 4)
        self.menu_wanted.emit(self.track_id, self.effect.mapToGlobal(below))

    def _open_colours(self) -> None:
        menu = make_colour_menu(self._options, self.track_id, self)
        put_head(menu, self._options.name_of(self.track_id))
        popup(menu, self.swatch.mapToGlobal(QPoint(0, self.swatch.height() + 4)))


class PeopleSection(Section):
    """Rows for the people of the painted result.

    selected: an id, -1 for nobody. menu_wanted: an id and a global position.
    """

    selected = pyqtSignal(int)
    menu_wanted = pyqtSignal(int, QPoint)

    def __init__(self, options: OptionsModel) -> None:
        super().__init__("people", "People")
        self._options = options
        self._result: Result | None = None
        self._selected_id = -1
        self._rows: list[PersonRow] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._none = label("", "faint")
        self._everybody = button("Show everybody again", lambda: options.set_only(None), "quiet")
        self.column.addWidget(self._none)
        self.column.addLayout(self._list)
        self.column.addWidget(self._everybody)
        self.column.addStretch()
        options.changed.connect(self.refresh)
        self.refresh()

    @property
    def rows(self) -> tuple[PersonRow, ...]:
        """The rows in use, in order of the ids."""
        return tuple(row for row in self._rows if not row.isHidden())

    def row_of(self, track_id: int) -> PersonRow | None:
        """The row of somebody listed."""
        return next((row for row in self.rows if row.track_id == track_id >= 0), None)

    def show_result(self, result: Result | None) -> None:
        """List the people of the picture just painted."""
        self._result = result
        if result is None:
            self.stop_renaming()
        self.refresh()

    def stop_renaming(self) -> None:
        """Whoever is being named is gone."""
        for row in self._rows:
            row.name.stop()

    def select(self, track_id: int) -> None:
        """Mark a person."""
        self._selected_id = track_id
        self.refresh()

    def refresh(self) -> None:
        """Bring the rows up to date; rows are kept and reused."""
        result = self._result
        shown = []
        if result is not None:
            shown = sorted(zip(result.instances.track_ids.tolist(), result.percents, strict=True))
        count = len(shown)
        shown = self._with_renamed(shown)
        while len(self._rows) < len(shown):
            self._add_row()
        self._keep_held(shown)
        for row, (track_id, percent) in zip(self._rows, shown, strict=False):
            row.show_person(track_id, percent, track_id == self._selected_id and track_id >= 0)
        for index, row in enumerate(self._rows):
            if row.isHidden() == (index < len(shown)):
                row.setVisible(index < len(shown))
        self.set_title(f"People  {count}" if count else "People")
        self._none.setText("No picture yet." if result is None else "Nobody in the picture.")
        self._none.setVisible(not shown)
        self._everybody.setVisible(self._options.only_id is not None)

    def _renamed(self) -> PersonRow | None:
        return next((row for row in self._rows if row.name.line is not None), None)

    def _with_renamed(self, shown: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Whoever is being named stays in the list, even while out of the picture."""
        row = self._renamed()
        if row is None or any(track_id == row.track_id for track_id, _ in shown):
            return shown
        return sorted([*shown, (row.track_id, row.percent)])

    def _focused(self) -> PersonRow | None:
        """The row that has the keys: the mouse gives them to nobody."""
        window = self.window()
        focused = window.focusWidget() if window is not None else None
        rows = (row for row in self.rows if focused is not None and row.isAncestorOf(focused))
        return next(rows, None)

    def _keep_held(self, shown: list[tuple[int, int]]) -> None:
        """The row that is typed into, or has the keys, goes where its person does."""
        row = self._renamed() or self._focused()
        if row is None or row.track_id < 0:
            return
        ids = [track_id for track_id, _ in shown]
        if row.track_id not in ids:
            self.head.setFocus()  # else Qt gives the keys to somebody else
            return
        place = ids.index(row.track_id)
        if self._rows[place] is not row:
            self._rows.remove(row)
            self._rows.insert(place, row)
            self._list.removeWidget(row)
            self._list.insertWidget(place, row)
            self._order_tabs()

    def _add_row(self) -> None:
        row = PersonRow(self._options)
        row.hide()
        row.clicked.connect(self.selected)
        row.menu_wanted.connect(self.menu_wanted)
        row.name.begun.connect(self._order_tabs)
        row.name.finished.connect(self.refresh)
        self._list.addWidget(row)
        self._rows.append(row)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Tab goes through the rows as they are seen; Qt puts new ones last in the window."""
        before: QWidget = self.head
        for row in self._rows:
            for control in (row.swatch, row.name.line, row.effect, row.only):
                if control is not None:
                    self.setTabOrder(before, control)
                    before = control
