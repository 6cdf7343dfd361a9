"""The name of a person in the list, and the line to type another one into."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from app.basics.focus_keys import keeps_key
from app.held.shortcuts import with_key
from app.shown.controls.widgets import label, plain_tip

MAX_LETTERS = 80


class NameLine(QLineEdit):
    """Escape leaves it as it was. left: done typing, whether to keep what was typed."""

    left = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("name")
        self.setMaxLength(MAX_LETTERS)
        self.editingFinished.connect(lambda: self.left.emit(True))

    def event(self, event: QEvent | None) -> bool:
        """Escape is for this line first, then for the window."""
        return keeps_key(event, (Qt.Key.Key_Escape,)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Escape ends without a change."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.left.emit(False)
        else:
            super().keyPressEvent(event)


class PersonName(QWidget):
    """A name, cut to the room there is.

    begun: there is a line to type into. renamed: what was typed, "" for no name.
    """

    begun = pyqtSignal()
    renamed = pyqtSignal(str)
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._shown, self._typed = "", ""
        self._focus_before: QWidget | None = None
        self._label = label()
        self._line: QLineEdit | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._label)

    @property
    def line(self) -> QLineEdit | None:
        """The line that is typed into, None while nobody does."""
        return self._line

    def text(self) -> str:
        """The name in full."""
        return self._shown

    def show_name(self, shown: str, typed: str) -> None:
        """shown: what everybody sees. typed: the name that the user gave, "" for none."""
        if (shown, typed) != (self._shown, self._typed):
            self._shown, self._typed = shown, typed
            self._fit()

    def edit(self) -> None:
        """Let the user type."""
        if self._line is not None:
            return
        window = self.window()
        self._focus_before = window.focusWidget() if window is not None else None
        self._line = line = NameLine()
        line.setText(self._typed)
        line.setPlaceholderText(self._shown if not self._typed else "")
        line.setAccessibleName(f"Name of {self._shown}")
        line.left.connect(self._leave)
        self._label.hide()
        self._row.addWidget(line)
        line.show()
        self.begun.emit()
        line.selectAll()
        line.setFocus(Qt.FocusReason.OtherFocusReason)

    def stop(self) -> None:
        """Away with what is being typed: the person it was meant for is gone."""
        self._leave(False)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """As much of the name as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _leave(self, keeps: bool) -> None:
        line, self._line = self._line, None
        if line is None:  # going away, it loses the focus and so finishes once more
            return
        if line.hasFocus() and self._focus_before is not None:
            self._focus_before.setFocus()  # keys play the film again
        self._focus_before = None
        self._row.removeWidget(line)
        line.hide()
        line.deleteLater()
        self._label.show()
        if keeps:
            self.renamed.emit(line.text())
        self.finished.emit()

    def _fit(self) -> None:
        metrics, width = self._label.fontMetrics(), self.width()
        fitting = metrics.elidedText(self._shown, Qt.TextElideMode.ElideRight, width)
        self._label.setText(fitting)
        tip = with_key("rename", "Double click for another name")
        self._label.setToolTip(tip if fitting == self._shown else plain_tip(self._shown, tip))
