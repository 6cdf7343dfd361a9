"""What can be done with the picture as a whole, also in full screen, where no buttons are."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from engine.source.base import SourceInfo

_GROUPS = (
    ("play_pause", "screenshot", "copy_picture", "record", "export"),
    ("labels", "backdrop"),
    ("fullscreen",),
)
"""Names of commands; a line between the groups."""


def make_picture_menu(actions: Mapping[str, QAction], source: SourceInfo, parent: QWidget) -> QMenu:
    """Those of the window's commands, with their keys, that do something with `source`."""
    idle = {"export"} if source.live else set()
    if source.frame_count == 1:
        idle.add("play_pause")
    menu = QMenu(parent)
    for names in _GROUPS:
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addActions([actions[name] for name in names if name not in idle])
    return menu
