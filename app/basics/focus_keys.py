"""Keys of the control that has the focus come before the commands of the window."""

from __future__ import annotations

from collections.abc import Collection

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QWidget

_OF_BUTTONS = (Qt.Key.Key_Space,)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_OF_CHOICES = (Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right)
_OF_LISTS = (Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)

_KEYPAD = Qt.KeyboardModifier.KeypadModifier
"""On macOS arrows are said to lie on it."""


class FocusKeys(QObject):
    """Lets Space and Enter press a button that was reached with Tab, instead of playing the film.

    Of a few choices side by side Tab reaches the chosen one, and Left and Right the others.

    Controls take no focus from the mouse, so after a click Space still plays.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._pressed_on: QWidget | None = None
        window.installEventFilter(self)

    def eventFilter(self, _target: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Shortcuts are offered to the focused control first, and to its parents after it, as is
        Enter, which most desktops do not let press a button."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            focused = self._pressed_on = self._window.focusWidget()
            plain = event.modifiers() & ~_KEYPAD == Qt.KeyboardModifier.NoModifier
            if plain and focused is not None and event.key() in _keys_of(focused):
                event.accept()
                return True
        if event.type() is QEvent.Type.KeyPress and event.key() in _ENTER:
            # Enter that ended a line of text comes here, too, when the focus is elsewhere already.
            button = self._window.focusWidget()
            is_pressed = button is self._pressed_on and not event.isAutoRepeat()
            if isinstance(button, QAbstractButton) and is_pressed:
                button.click()
                return True
        return False


def keeps_key(event: QEvent | None, keys: Collection[Qt.Key]) -> bool:
    """For `QWidget.event`: whether it offers one of `keys`, which the widget then gets in place
    of the window, where it is a command."""
    if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.ShortcutOverride:
        return False
    if event.key() not in keys:
        return False
    event.accept()
    return True


def return_keys(card: QWidget) -> None:
    """Keys are for the picture again where `card`, which is about to go, had them.

    Qt would give them to the control that comes next, which Space or Enter then press.
    """
    window, picture = card.window(), card.parentWidget()
    focused = window.focusWidget() if window is not None else None
    if focused is not None and picture is not None and card.isAncestorOf(focused):
        picture.setFocus()


def _keys_of(control: QWidget) -> tuple[Qt.Key, ...]:
    if isinstance(control, QComboBox):
        return _OF_LISTS
    if isinstance(control, QAbstractButton):
        return _OF_CHOICES if control.autoExclusive() else _OF_BUTTONS
    return ()
