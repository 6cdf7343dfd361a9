"""Text of messages, in which file names and addresses may be longer than a line."""

from __future__ import annotations

import re

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QLabel, QMenu

_BREAK = "\u200b"  # zero width space: a line may end here
_LONG_WORD = re.compile(r"\S{16,}")
_AFTER_MARK = re.compile(r"([/\\_.,=&?:-])(?=\w)")
_PIECE = re.compile(r"\w{12}(?=\w)")


def breakable(text: str) -> str:
    """`text` with places inside long words where a line may end, without a hyphen or a space."""

    def split(word: re.Match[str]) -> str:
        return _PIECE.sub(rf"\g<0>{_BREAK}", _AFTER_MARK.sub(rf"\1{_BREAK}", word.group()))

    return _LONG_WORD.sub(split, text)


class MessageLabel(QLabel):
    """Plain text that can be selected and wraps inside long words: Qt alone would cut them off.

    What is copied has no trace of that.
    """

    def __init__(self, role: str) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def text(self) -> str:
        """As it was set."""
        return self._whole

    def setText(self, text: str | None) -> None:  # noqa: N802 - Qt's name
        """Show `text`."""
        self._whole = text or ""
        super().setText(breakable(self._whole))

    def copy(self) -> None:
        """Put what is selected into the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and self.hasSelectedText():
            clipboard.setText(self.selectedText().replace(_BREAK, ""))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Copy with the keyboard."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """Copy with the mouse."""
        if event is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction("Copy", self.copy)
        if action is not None:
            action.setEnabled(self.hasSelectedText())
        menu.popup(event.globalPos())
