"""Which part of a film is exported: all of it, or from one time to another."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.basics.clock_text import clock_text, parse_clock
from app.shown.controls.widgets import Segments, label, restyle
from engine.errors import ConfigError
from engine.source.base import SourceInfo
from engine.source.section import Section

_FIELD_PX = 76
_WHOLE, _PART = range(2)


class PartChooser(QWidget):
    """Whole film or part. changed: of the choice."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._film: SourceInfo | None = None
        self._position_s: Callable[[], float] = lambda: 0.0
        self.choice = Segments(
            "Part",
            (
                ("Whole film", "From its first picture to its last"),
                ("Part", "From one time to another, with its sound"),
            ),
        )
        self.choice.chosen.connect(self._on_chosen)
        self.begin = _TimeField("From", "It begins with the picture shown now")
        self.begin.here.clicked.connect(lambda: self._take(self.begin, self._position_s()))
        self.end = _TimeField("to", "It ends with the picture shown now")
        self.end.here.clicked.connect(
            lambda: self._take(self.end, self._position_s() + self._step_s)
        )
        self._times = QWidget()
        self._row = QHBoxLayout(self._times)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        for field in (self.begin, self.end):
            field.edited.connect(self.changed)
            self._row.addWidget(field, 0, Qt.AlignmentFlag.AlignLeft)
        self._row.addStretch()
        self._outcome = label("", "faint")
        self.changed.connect(self._show_outcome)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.choice, self._times, self._outcome):
            column.addWidget(part)
        self._show(_WHOLE)

    def show_film(self, film: SourceInfo, position_s: Callable[[], float]) -> None:
        """Offer parts of `film`, where it has any; those of the same film stay as they were.

        position_s: seconds from its beginning, where it stands now.
        """
        is_other, self._film, self._position_s = film != self._film, film, position_s
        self.setVisible(film.seekable and not film.pictures)
        if is_other:
            self._show(_WHOLE)
            self.begin.set_time(0.0)
            self.end.set_time(film.duration_s or 0.0)
        self._show_outcome()

    def stack(self, stacked: bool) -> None:
        """One time below the other, where there is not the room side by side."""
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if stacked else ways.LeftToRight)
        fields = (self.begin, self.end)
        widest_px = max(field.title.sizeHint().width() for field in fields)
        for field in fields:
            field.title.setMinimumWidth(widest_px if stacked else 0)

    @property
    def is_chosen(self) -> bool:
        """Whether no more than a part is wanted."""
        return self.choice.buttons[_PART].isChecked()

    @property
    def section(self) -> Section | None:
        """The part; None is all. Raises `ConfigError` where the times make none."""
        if not self.is_chosen:
            return None
        start_s, end_s = self.begin.time_s, self.end.time_s
        if start_s is None or end_s is None:
            raise ConfigError("That is not a time.", "Write it as 1:05.3 or in seconds.")
        duration_s = self._film.duration_s if self._film is not None else None
        if duration_s is not None and start_s >= duration_s:
            raise ConfigError("The film is over by then.", "Let the part begin earlier.")
        return Section(start_s, end_s)

    @property
    def problem(self) -> str:
        """Why the times make no part; "" where they do, or all is wanted."""
        try:
            _ = self.section
        except ConfigError as error:
            return str(error)
        return ""

    def _on_chosen(self, index: int) -> None:
        self._show(index)
        self.changed.emit()

    def _show(self, index: int) -> None:
        self.choice.set_index(index)
        for part in (self._times, self._outcome):
            part.setVisible(index == _PART)

    def _show_outcome(self) -> None:
        """One line in any case, or what lies below would move while one types."""
        try:
            section = self.section
        except ConfigError as error:
            text, role = error.message, "wrong"
        else:
            text, role = f"{clock_text(self._length_s(section))} long", "faint"
        self._outcome.setText(text)
        if self._outcome.property("role") != role:
            self._outcome.setProperty("role", role)
            restyle(self._outcome)

    def _length_s(self, section: Section | None) -> float:
        """Of what the film has of a part, seconds."""
        duration_s = (self._film.duration_s if self._film is not None else None) or 0.0
        if section is None or section.end_s is None:
            return duration_s
        return min(section.end_s, duration_s or section.end_s) - section.start_s

    @property
    def _step_s(self) -> float:
        """So long a picture is shown."""
        fps = self._film.fps if self._film is not None else None
        return 1 / fps if fps else 0.0

    def _take(self, field: _TimeField, time_s: float) -> None:
        field.set_time(time_s)
        self.changed.emit()


class _TimeField(QWidget):
    """A time to type, or to take from where the film stands. edited: by the user."""

    edited = pyqtSignal()

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self._exact_s: float | None = None  # of a time that was not typed
        self.line = QLineEdit()
        self.line.setFixedWidth(_FIELD_PX)
        self.line.setAccessibleName(f"{title} which time")
        self.line.textEdited.connect(self._on_edited)
        self.here = QPushButton("Here")
        self.here.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.here.setToolTip(tip)
        self.here.setAccessibleName(f"{title} where the film stands now")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.title = label(title, "soft")
        row.addWidget(self.title)
        row.addWidget(self.line)
        row.addWidget(self.here)

    @property
    def time_s(self) -> float | None:
        """None while the text is no time."""
        if self._exact_s is not None:
            return self._exact_s
        try:
            return parse_clock(self.line.text())
        except ValueError:
            return None

    def set_time(self, time_s: float) -> None:
        """Show a time, shortened, and keep it."""
        self._exact_s = time_s
        self.line.setText(clock_text(time_s))
        self._mark()

    def _on_edited(self) -> None:
        self._exact_s = None
        self._mark()
        self.edited.emit()

    def _mark(self) -> None:
        self.line.setProperty("wrong", self.time_s is None)
        restyle(self.line)
