"""The people in the picture that is on the screen, each with name and what is done to them."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, pyqtSignal
from PyQt6.QtGui import QCursor, QEnterEvent
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.held.options import OptionsModel
from app.shown.controls.section import Section
from app.shown.controls.widgets import button, label
from app.shown.people_places import Places
from app.shown.person_row import PersonRow
from engine.types import Result


class PeopleSection(Section):
    """Rows for the people of the painted result.

    While the pointer is over them, or one of them has the keys, nobody changes places: a click
    meets whom it was meant for. selected: an id, -1 for nobody. menu_wanted: an id and a global
    position.
    """

    selected = pyqtSignal(int)
    menu_wanted = pyqtSignal(int, QPoint)

    def __init__(self, options: OptionsModel) -> None:
        super().__init__("people", "People")
        self._options = options
        self._result: Result | None = None
        self._selected_id = -1
        self._rows: list[PersonRow] = []
        self._places = Places()
        self._is_held = False
        self.listing = _Listing()
        self.listing.crossed.connect(self.refresh)
        self._none = label("", "faint")
        self._everybody = button("Show everybody again", lambda: options.set_only(None), "quiet")
        self.listing.add(self._none)
        self.column.addWidget(self.listing)
        self.column.addWidget(self._everybody)
        self.column.addStretch()
        options.changed.connect(self.refresh)
        self.refresh()

    @property
    def rows(self) -> tuple[PersonRow, ...]:
        """The rows in use, from the top; also those of people who just left."""
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
        present: list[tuple[int, int]] = []
        if result is not None:
            present = sorted(zip(result.instances.track_ids.tolist(), result.percents, strict=True))
        self._is_held = result is not None and self._holds()
        in_use = [row.track_id for row in self.rows if row.is_in_use]
        self._places.arrange([track_id for track_id, _ in present], self._is_held, in_use)
        self._show_rows(present)
        self.set_title(f"People  {len(present)}" if present else "People")
        self._none.setText("No picture yet." if result is None else "Nobody in the picture.")
        self._none.setVisible(not self._places.ids)
        self._everybody.setVisible(self._options.only_id is not None)

    def _show_rows(self, present: list[tuple[int, int]]) -> None:
        ids, percents = self._places.ids, dict(present)
        while len(self._rows) < len(ids):
            self._add_row()
        focused = self._focused()
        if focused is not None and focused not in self._rows[: len(ids)]:
            self.head.setFocus()  # else Qt gives the keys to somebody else
        unnamed = (percent for track_id, percent in present if track_id < 0)
        for row, track_id in zip(self._rows, ids, strict=False):
            percent = percents.get(track_id) if track_id >= 0 else next(unnamed)
            row.show_person(track_id, percent, track_id == self._selected_id and track_id >= 0)
        for index, row in enumerate(self._rows):
            if row.isHidden() == (index < len(ids)):
                row.setVisible(index < len(ids))

    def _holds(self) -> bool:
        """Whether somebody may be about to click a row, or has opened its menu."""
        has_menu = self._is_held and QApplication.activePopupWidget() is not None
        return has_menu or self._focused() is not None or self.listing.is_pointed_at

    def _focused(self) -> PersonRow | None:
        """The row that has the keys, as while a name is typed: the mouse gives them to nobody."""
        return next((row for row in self.rows if row.has_keys), None)

    def _add_row(self) -> None:
        row = PersonRow(self._options)
        row.hide()
        row.clicked.connect(self.selected)
        row.menu_wanted.connect(self.menu_wanted)
        row.name.begun.connect(self._order_tabs)
        row.name.finished.connect(self.refresh)
        self.listing.add(row)
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


class _Listing(QWidget):
    """What the rows lie in. crossed: the pointer comes or goes."""

    crossed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addStretch()  # it may be kept higher than its rows

    def add(self, row: QWidget) -> None:
        """Below the others."""
        self._column.insertWidget(self._column.count() - 1, row)

    @property
    def is_pointed_at(self) -> bool:
        """Whether the pointer is over a part of it that is not scrolled out of sight."""
        window = self.window()
        if window is None or not window.underMouse():  # on Wayland no place is told outside
            return False
        return self.visibleRegion().contains(self.mapFromGlobal(QCursor.pos()))

    def enterEvent(self, _event: QEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """The pointer comes."""
        self.crossed.emit()

    def leaveEvent(self, _event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """It goes."""
        self.crossed.emit()
