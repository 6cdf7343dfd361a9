"""The top bar: what is open, how it is going, where it runs."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton

from app.backend import Entry, SourceRequest
from app.controls.icon_label import IconLabel
from app.controls.widgets import label, menu_text, plain_tip, restyle, tool
from app.hud import StatusChip, provider_text
from app.icons import icon, logo
from app.shortcuts import with_key
from engine.board import SessionState

SOURCE_WIDTH_PX = 280
_MENU_ICONS = (
    ("open_file", "file"),
    ("open_folder", "pictures"),
    ("open_address", "link"),
    ("open_demo", "demo"),
)


class SourceButton(QPushButton):
    """A field with the name of what is open; a click opens the menu of sources."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__()
        self.setProperty("kind", "field")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedWidth(SOURCE_WIDTH_PX)
        self.setMenu(menu)
        self.setToolTip("Camera, file, address or demo")
        # Own labels: a styled button with a menu puts its icon on its border.
        self._icon, self._name, arrow = IconLabel(18), label(), IconLabel(16, "down")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._name, 1)
        row.addWidget(arrow)
        for part in (self._icon, self._name, arrow):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    @property
    def name(self) -> str:
        """What is shown, perhaps shortened."""
        return self._name.text()

    def show_name(self, name: str, icon_name: str) -> None:
        """Show a source."""
        metrics = self._name.fontMetrics()
        self._name.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 196))
        self._icon.show_icon(icon_name, "text_soft")
        self.setAccessibleName(f"Source: {name}")


class Header(QFrame):
    """camera_chosen: an `Entry` of `list_cameras`. refresh_wanted: look for cameras again.

    recent_chosen: a `SourceRequest` of `set_recent`. forget_wanted: all of those.
    """

    camera_chosen = pyqtSignal(object)
    refresh_wanted = pyqtSignal()
    recent_chosen = pyqtSignal(object)
    forget_wanted = pyqtSignal()

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setFixedHeight(52)
        self._actions = actions
        self._cameras: Sequence[Entry] | None = None
        self._recent: Sequence[SourceRequest] = ()
        self._is_open = False
        for name, icon_name in _MENU_ICONS:
            actions[name].setIcon(icon(icon_name))
        actions["close_source"].setIcon(icon("close"))
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self.refresh_wanted)
        self.source = SourceButton(self.menu)
        self.status = StatusChip()
        self.provider = label("", "chip")
        self.help = self._tool("help", "help", "Keyboard shortcuts")
        self.panel = self._tool("panel", "panel", "Side panel", checkable=True)
        self._lay_out()
        self.show_request(None)
        self.show_state(None)
        self.set_cameras(None)

    def set_cameras(self, cameras: Sequence[Entry] | None) -> None:
        """Offer these cameras; None while they are being looked for."""
        if cameras is not None and cameras == self._cameras:
            return
        if cameras is None and self._cameras is not None:
            return  # keep the last list while looking again
        self._cameras = cameras
        self._fill_menu()

    def set_recent(self, requests: Sequence[SourceRequest]) -> None:
        """Offer what was shown before."""
        self._recent = requests
        self._fill_menu()

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
        if self._is_open != (request is not None):
            self._is_open = request is not None
            self._fill_menu()

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

    def _fill_menu(self) -> None:
        self.menu.clear()
        for name, _icon in _MENU_ICONS:
            self.menu.addAction(self._actions[name])
        self.menu.addSeparator()
        if self._cameras is None:
            self._note("Looking for cameras…")
        elif not self._cameras:
            self._note("No camera found")
        for camera in self._cameras or ():
            action_or_none = self.menu.addAction(icon("camera"), camera.title)
            if action_or_none is not None:
                action_or_none.triggered.connect(
                    lambda _checked=False, choice=camera: self.camera_chosen.emit(choice)
                )
        again = self.menu.addAction(icon("refresh"), "Look for cameras again")
        if again is not None:
            again.triggered.connect(lambda _checked=False: self.refresh_wanted.emit())
        if self._recent:
            self.menu.addSeparator()
            self._offer_recent()
        if self._is_open:
            self.menu.addSeparator()
            self.menu.addAction(self._actions["close_source"])

    def _offer_recent(self) -> None:
        for request, title in zip(self._recent, _titles(self._recent), strict=True):
            sign = icon("link" if request.is_address else "file")
            action = self.menu.addAction(sign, menu_text(title))
            if action is not None:
                action.setToolTip(plain_tip(str(request.spec)))
                action.triggered.connect(
                    lambda _checked=False, chosen=request: self.recent_chosen.emit(chosen)
                )
        forget = self.menu.addAction("Forget these")
        if forget is not None:
            forget.setToolTip("The list of what was shown; the files stay")
            forget.triggered.connect(lambda _checked=False: self.forget_wanted.emit())

    def _note(self, text: str) -> None:
        note = self.menu.addAction(icon("camera"), text)
        if note is not None:
            note.setEnabled(False)

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
        row.addWidget(label("BBE Live", "brand"))
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


def _titles(requests: Sequence[SourceRequest]) -> list[str]:
    """Their names, those that several have with the folder."""
    names = [request.name for request in requests]
    return [
        f"{name} – {request.folder.name}" if request.folder and names.count(name) > 1 else name
        for name, request in zip(names, requests, strict=True)
    ]
