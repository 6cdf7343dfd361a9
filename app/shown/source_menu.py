"""The menu of all that can be opened: files, cameras, what was shown last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from app.basics.icons import icon
from app.held.backend import Entry, SourceRequest
from app.shown.controls.widgets import menu_text, plain_tip

_ICONS = (
    ("open_file", "file"),
    ("open_folder", "pictures"),
    ("open_address", "link"),
    ("open_demo", "demo"),
)


class SourceMenu(QMenu):
    """camera_chosen: an `Entry` of `list_cameras`. refresh_wanted: look for cameras again.

    recent_chosen: a `SourceRequest` of `set_recent`. forget_wanted: all of those.
    """

    camera_chosen = pyqtSignal(object)
    refresh_wanted = pyqtSignal()
    recent_chosen = pyqtSignal(object)
    forget_wanted = pyqtSignal()

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        self._cameras: Sequence[Entry] | None = None
        self._recent: Sequence[SourceRequest] = ()
        self._is_open = False
        for name, icon_name in _ICONS:
            actions[name].setIcon(icon(icon_name))
        actions["close_source"].setIcon(icon("close"))
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.refresh_wanted)
        self._fill()

    def set_cameras(self, cameras: Sequence[Entry]) -> None:
        """Offer these; until they are known, the menu says that they are looked for."""
        if cameras != self._cameras:
            self._cameras = cameras
            self._fill()

    def set_recent(self, requests: Sequence[SourceRequest]) -> None:
        """Offer what was shown before."""
        self._recent = requests
        self._fill()

    def set_open(self, is_open: bool) -> None:
        """Whether there is anything to close."""
        if is_open != self._is_open:
            self._is_open = is_open
            self._fill()

    def _fill(self) -> None:
        self.clear()
        for name, _icon in _ICONS:
            self.addAction(self._actions[name])
        self.addSeparator()
        if self._cameras is None:
            self._note("Looking for cameras…")
        elif not self._cameras:
            self._note("No camera found")
        for camera in self._cameras or ():
            action_or_none = self.addAction(icon("camera"), camera.title)
            if action_or_none is not None:
                action_or_none.triggered.connect(
                    lambda _checked=False, choice=camera: self.camera_chosen.emit(choice)
                )
        again = self.addAction(icon("refresh"), "Look for cameras again")
        if again is not None:
            again.triggered.connect(lambda _checked=False: self.refresh_wanted.emit())
        if self._recent:
            self.addSeparator()
            self._offer_recent()
        if self._is_open:
            self.addSeparator()
            self.addAction(self._actions["close_source"])

    def _offer_recent(self) -> None:
        for request, title in zip(self._recent, _titles(self._recent), strict=True):
            sign = icon("link" if request.is_address else "file")
            action = self.addAction(sign, menu_text(title))
            if action is not None:
                action.setToolTip(plain_tip(str(request.spec)))
                action.triggered.connect(
                    lambda _checked=False, chosen=request: self.recent_chosen.emit(chosen)
                )
        forget = self.addAction("Forget these")
        if forget is not None:
            forget.setToolTip("The list of what was shown; the files stay")
            forget.triggered.connect(lambda _checked=False: self.forget_wanted.emit())

    def _note(self, text: str) -> None:
        note = self.addAction(icon("camera"), text)
        if note is not None:
            note.setEnabled(False)


def _titles(requests: Sequence[SourceRequest]) -> list[str]:
    """Their names, those that several have with the folder."""
    names = [request.name for request in requests]
    return [
        f"{name} – {request.folder.name}" if request.folder and names.count(name) > 1 else name
        for name, request in zip(names, requests, strict=True)
    ]
