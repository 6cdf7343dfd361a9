"""A titled part of the side panel that can be folded away."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.basics.icons import icon
from app.basics.theme import GRID_PX


class Section(QWidget):
    """A heading and a column of widgets. toggled: whether it is open now."""

    toggled = pyqtSignal(bool)

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.name = name
        self.head = QPushButton(title)
        self.head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head.setProperty("kind", "section")
        self.head.setIconSize(QSize(16, 16))
        self.head.setCheckable(True)
        self.head.setCursor(Qt.CursorShape.PointingHandCursor)
        self.head.clicked.connect(self._on_clicked)
        top = QHBoxLayout()
        top.setSpacing(GRID_PX // 2)
        top.addWidget(self.head, 1)
        self._body = QWidget()
        self.column = QVBoxLayout(self._body)
        self.column.setContentsMargins(0, 0, 0, GRID_PX)
        self.column.setSpacing(GRID_PX)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID_PX // 2)
        outer.addLayout(top)
        outer.addWidget(self._body)
        self.set_open(True)

    @property
    def is_open(self) -> bool:
        """Whether the body shows."""
        return self.head.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Fold or unfold."""
        self.head.setChecked(is_open)
        self.head.setIcon(icon("down" if is_open else "right", "text_faint", "text_faint"))
        self._body.setVisible(is_open)

    def set_title(self, title: str) -> None:
        """Change the heading."""
        self.head.setText(title)

    def _on_clicked(self) -> None:
        self.set_open(self.head.isChecked())
        self.toggled.emit(self.is_open)
