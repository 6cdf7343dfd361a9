"""The table of keys and mouse, made from the table that also makes the actions."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from app.held.shortcuts import COMMANDS, Command, shown_keys
from app.shown.controls.widgets import label

Columns = tuple[tuple[str, ...], ...]

MOUSE = "Mouse"
LAYOUTS: tuple[Columns, ...] = (
    (("Source", "Save", "Window"), ("Playback", "Look"), ("People", MOUSE)),
    (("Source", "Save", "Window", "People"), ("Playback", "Look", MOUSE)),
    (("Source", "Playback", "People", "Look", "Save", "Window", MOUSE),),
)
"""Groups in columns, for a wide, a narrow and a tiny window."""

_MOUSE = (
    ("Select a person", "Click"),
    ("Menu of a person or the picture", "Right click or menu key"),
    ("Name a person", "Double click in the list"),
    ("Full screen", "Double click"),
    ("Open a file", "Drop it here"),
)
_ROW_PX = 20


def make_page(columns: Columns) -> QWidget:
    """All groups, side by side in `columns`."""
    page = QWidget()
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 8, 0)
    row.setSpacing(28)
    for groups in columns:
        column = QVBoxLayout()
        column.setSpacing(6)
        for group in groups:
            column.addWidget(label(group, "section"))
            column.addLayout(_make_mouse_table() if group == MOUSE else _make_table(group))
            column.addSpacing(12)
        column.addStretch()
        row.addLayout(column, 1)
    return page


def _make_table(group: str) -> QLayout:
    grid = _make_grid()
    for row, command in enumerate(command for command in COMMANDS if command.group == group):
        grid.setRowMinimumHeight(row, _ROW_PX)
        grid.addWidget(label(command.title), row, 0)
        grid.addLayout(_make_keys(command), row, 1)
    return grid


def _make_keys(command: Command) -> QLayout:
    keys = QHBoxLayout()
    keys.setSpacing(4)
    keys.addStretch()
    for key in shown_keys(command):
        keys.addWidget(label(key, "key"))
    return keys


def _make_mouse_table() -> QLayout:
    grid = _make_grid()
    for row, (title, how) in enumerate(_MOUSE):
        grid.setRowMinimumHeight(row, _ROW_PX)
        grid.addWidget(label(title), row, 0)
        grid.addWidget(label(how, "faint"), row, 1, Qt.AlignmentFlag.AlignRight)
    return grid


def _make_grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(0, 1)
    return grid
