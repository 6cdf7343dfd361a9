"""A message on the picture: what happened, what to do, and buttons that do it. Never modal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from app.basics.focus_keys import return_keys
from app.shown.controls.icon_label import IconLabel
from app.shown.controls.message_label import MessageLabel
from app.shown.controls.widgets import button, restyle, tool

WIDTH_PX = 520
_MARGINS_PX = (16, 12, 10, 12)
_ICON_PX, _CLOSE_PX, _GAP_PX = 24, 26, 12
_ANY_PX = 16_777_215  # QWIDGETSIZE_MAX
_AROUND_TEXT_PX = _MARGINS_PX[0] + _ICON_PX + _GAP_PX + _GAP_PX + _CLOSE_PX + _MARGINS_PX[2]


class Level(Enum):
    """How serious; each with its icon and colour."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DONE = "done"


_ICON_ROLES = {
    Level.ERROR: "bad",
    Level.WARNING: "warn",
    Level.INFO: "accent",
    Level.DONE: "good",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a message; pressing it also closes the message."""

    text: str
    act: Callable[[], None]


class Banner(QFrame):
    """One message at a time; a newer one replaces it.

    hide_after_ms: closes by itself after so long; 0 stays until answered. posted_at_s: of
    `time.monotonic()`, 0 where there is no message.
    """

    def __init__(self, hide_after_ms: int = 0) -> None:
        super().__init__()
        self.setObjectName("card")
        self.posted_at_s = 0.0
        self._icon = IconLabel(_ICON_PX)
        self._title, self._hint = MessageLabel("heading"), MessageLabel("soft")
        self._choices: list[QPushButton] = []
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(hide_after_ms)
        self._timer.timeout.connect(self.dismiss)
        self.setFixedWidth(WIDTH_PX)
        self.hide()

    @property
    def text(self) -> str:
        """Message and hint, for tests and screen readers."""
        return f"{self._title.text()} {self._hint.text()}".strip()

    @property
    def closes_by_itself(self) -> bool:
        """Whether the message now shown goes after a while."""
        return self._timer.isActive()

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """The buttons of the message now shown."""
        return tuple(self._choices)

    def post(
        self,
        level: Level,
        message: str,
        hint: str = "",
        choices: Sequence[Choice] = (),
        stays: bool = False,
    ) -> None:
        """Show a message with its buttons; one that `stays` is closed by the user alone."""
        self.posted_at_s = time.monotonic()
        self._icon.show_icon(level.value, _ICON_ROLES[level])
        self._title.setText(message)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.setProperty("level", level.value)
        self.setAccessibleName(self.text)
        self._replace_buttons(choices, urgent=level in (Level.ERROR, Level.WARNING))
        restyle(self)
        self._fit_height()
        self.show()
        self.raise_()
        self._timer.stop()
        if self._timer.interval() and not stays:
            self._timer.start()

    def dismiss(self) -> None:
        """Close the message."""
        self.posted_at_s = 0.0
        self._timer.stop()
        return_keys(self)
        self.hide()

    def set_waiting(self, waiting: bool) -> None:
        """Leave the room to others for now, or come back."""
        if waiting and not self.isHidden():
            return_keys(self)
        self.setVisible(not waiting)

    def fit_width(self, room_px: int) -> None:
        """Take at most that many pixels across."""
        self.setFixedWidth(max(240, min(WIDTH_PX, room_px)))
        self._fit_height()

    def _fit_height(self) -> None:
        # Wrapped labels in nested rows get their height from a guessed width; this one is known.
        width = self.width() - _AROUND_TEXT_PX
        for text in (self._title, self._hint):
            text.ensurePolished()
            text.setMinimumSize(0, 0)  # else the last text's height counts
            text.setMaximumSize(_ANY_PX, _ANY_PX)
            text.setFixedSize(width, max(0, text.heightForWidth(width)))
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()
            self.setFixedHeight(layout.sizeHint().height())

    def _replace_buttons(self, choices: Sequence[Choice], urgent: bool) -> None:
        for old in self._choices:
            self._buttons.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._choices = []
        for index, choice in enumerate(choices):

            def press(act: Callable[[], None] = choice.act) -> None:
                self.dismiss()
                act()

            made = button(choice.text, press, "primary" if index == 0 and urgent else "")
            self._buttons.insertWidget(index, made)
            # Qt puts new ones last in the window, out of reach for Tab.
            self.setTabOrder(self._choices[-1] if self._choices else self._close, made)
            made.show()  # or a message already on the screen leaves no room for it
            self._choices.append(made)

    def _lay_out(self) -> None:
        self._close = tool("close", "Close this message", "small")
        self._close.clicked.connect(lambda _checked=False: self.dismiss())
        self._close.setFixedSize(_CLOSE_PX, _CLOSE_PX)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self._title)
        texts.addWidget(self._hint)
        texts.addLayout(self._buttons)
        self._buttons.setContentsMargins(0, 4, 0, 0)
        self._buttons.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(*_MARGINS_PX)
        row.setSpacing(_GAP_PX)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
