"""The top bar: what is open, how it is going, where it runs."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton

from app.basics.figure_texts import provider_text
from app.basics.icons import logo
from app.held.backend import SourceRequest
from app.held.shortcuts import with_key
from app.shown.controls.elided import ElidedLabel
from app.shown.controls.icon_label import IconLabel
from app.shown.controls.widgets import label, restyle, tool
from app.shown.hud import StatusChip
from app.shown.source_menu import SourceMenu
from engine.board import SessionState

SOURCE_WIDTH_PX = (160, 280)
"""Of the field at least and at most."""
NAMED_FROM_PX = 760
"""A narrower window has no room for the name of the program."""


class SourceButton(QPushButton):
    """A field with the name of what is open; a click opens the menu of sources."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(SOURCE_WIDTH_PX[0])
        self.setMaximumWidth(SOURCE_WIDTH_PX[1])
        self.setMenu(menu)
        self.setToolTip("Camera, file, address or demo")
        # Own labels: a styled button with a menu puts its icon on its border.
        self._icon, self._name, arrow = IconLabel(18), ElidedLabel(), IconLabel(16, "down")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._name, 1)
        row.addWidget(arrow)
        for part in (self._icon, self._name, arrow):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as it gets, whatever the name."""
        return QSize(SOURCE_WIDTH_PX[1], super().sizeHint().height())

    @property
    def name(self) -> str:
        """Of what is open."""
        return self._name.text()

    def show_name(self, name: str, icon_name: str) -> None:
        """Show a source."""
        self._name.setText(name)
        self._icon.show_icon(icon_name, "text_soft")
        self.setAccessibleName(f"Source: {name}")


class Header(QFrame):
    """The menu of sources behind the name of the one that is open, and how that is going."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setFixedHeight(52)
        self._actions = actions
        self.menu = SourceMenu(actions, self)
        self.source = SourceButton(self.menu)
        self.status = StatusChip()
        self.provider = label("", "chip")
        self.help = self._tool("help", "help", "Keyboard shortcuts")
        self.panel = self._tool("panel", "panel", "Side panel", checkable=True)
        self._lay_out()
        self.show_request(None)
        self.show_state(None)

    def show_request(self, request: SourceRequest | None) -> None:
        """What is open or being opened."""
        name, icon_name = "Choose a source", "drop"
        if request is not None:
            name = request.name
            icon_name = "camera" if request.is_camera else "file"
            if request.spec == "demo":
                icon_name = "demo"
            elif request.is_address:
                icon_name = "link"
        self.source.show_name(name, icon_name)
        self.menu.set_open(request is not None)

    def show_state(self, state: SessionState | None) -> None:
        """How it is going and where it runs."""
        self.status.show_state(state)
        report = state.provider if state else None
        self.provider.setVisible(report is not None)
        if report is None:
            return
        self.provider.setText(provider_text(state))
        tip = f"The network runs on {report.actual}."
        if report.fell_back:
            tip = f"{tip} Asked for {report.requested}. {report.reason} {report.fix}"
        elif report.preparing:
            tip = f"{tip} {report.preparing}"
        self.provider.setToolTip(tip)
        if self.provider.property("fell_back") != report.fell_back:
            self.provider.setProperty("fell_back", report.fell_back)
            restyle(self.provider)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """What is open comes before what the program is called."""
        super().resizeEvent(event)
        self._brand.setVisible(self.width() >= NAMED_FROM_PX)

    def _tool(self, icon_name: str, command: str, tip: str, checkable: bool = False) -> QToolButton:
        made = tool(icon_name, with_key(command, tip), checkable=checkable)
        made.clicked.connect(lambda _checked=False: self._actions[command].trigger())
        return made

    def _lay_out(self) -> None:
        mark = QLabel()
        mark.setPixmap(logo(26, 3.0))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(mark)
        self._brand = label("BBE Live", "brand")
        row.addWidget(self._brand)
        row.addSpacing(16)
        row.addWidget(self.source)
        for chip in (self.status, self.provider):
            chip.setFixedHeight(24)
        row.addSpacing(4)
        row.addWidget(self.status)
        row.addStretch(1)
        row.addWidget(self.provider)
        row.addWidget(self.help)
        row.addWidget(self.panel)
