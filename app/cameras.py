"""The cameras of this machine: listed, opened, and opened anew in another size or as a mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.backend import Entry, SourceRequest
from app.banner import Choice, Level
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from app.preferences import ViewOptions


class Cameras:
    """Opens cameras for the window. view: in which size, and whether they are mirrors."""

    def __init__(self, window: MainWindow, view: ViewOptions) -> None:
        self._window = window
        self._size, self._mirror = view.camera_size, view.mirror
        self._known: Sequence[Entry] = ()
        self._listing = False
        self._open_when_listed = False

    def request(self, spec: str | int | Path, title: str = "") -> SourceRequest:
        """To open a source, if it is a camera as cameras are opened now."""
        return SourceRequest(spec, title, self._size, self._mirror)

    def open(self, camera: Entry) -> None:
        """Show a camera of the list."""
        self._window.sources.open(self.request(camera.value, camera.title))

    def open_first(self) -> None:
        """Show the first camera; looks for one if none is known."""
        if self._known:
            self.open(self._known[0])
            return
        self._open_when_listed = True
        self.look()

    def look(self) -> None:
        """List the cameras, in a thread; a driver may take seconds to answer."""
        if self._listing:
            return
        self._listing = True
        backend, tasks = self._window.backend, self._window.tasks
        tasks.start("cameras", backend.list_cameras, self._on_listed, self._on_failed)

    def set_size(self, size: str) -> None:
        """Open cameras in that size from now on, the one shown at once."""
        self._size = size
        self._window.kept.change_view(camera_size=size)
        self._open_anew(camera_size=size)

    def set_mirror(self, on: bool) -> None:
        """Turn the pictures of cameras as in a mirror from now on, or not."""
        self._mirror = on
        self._window.kept.change_view(mirror=on)
        self._open_anew(mirror=on)

    def _open_anew(self, **changes: Any) -> None:
        request = self._window.player.request
        if request is not None and request.is_camera:
            self._window.sources.open_anew(replace(request, **changes))

    def _on_listed(self, cameras: Sequence[Entry]) -> None:
        self._listing = False
        self._known = cameras
        self._window.header.menu.set_cameras(cameras)
        if self._open_when_listed:
            self._open_when_listed = False
            if cameras:
                self.open(cameras[0])
            else:
                self._tell_none("No camera was found.")

    def _on_failed(self, error: EngineError) -> None:
        self._listing = False
        self._window.header.menu.set_cameras([])
        if self._open_when_listed:
            self._open_when_listed = False
            self._tell_none(error.message)

    def _tell_none(self, message: str) -> None:
        sources = self._window.sources
        self._window.stage.banner.post(
            Level.ERROR,
            message,
            "Plug one in and look again, or begin with a file or the demo scene.",
            [
                Choice("Look again", self.open_first),
                Choice("Open file…", sources.choose_file),
                Choice("Demo", sources.open_demo),
            ],
        )
