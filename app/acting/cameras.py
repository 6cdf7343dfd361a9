"""Cameras as sources: opened, and opened anew in another size or as a mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.acting.choosing import Choosing
from app.acting.sources import Sources
from app.held.backend import Entry, SourceRequest
from app.held.kept import Kept
from app.held.preferences import ViewOptions
from app.running.camera_list import CameraList
from app.running.player import Player
from app.shown.banner import Banner, Choice, Level
from engine.errors import EngineError


class Cameras:
    """Opens cameras for the window. view: in which size, and whether they are mirrors."""

    def __init__(
        self,
        view: ViewOptions,
        cameras: CameraList,
        player: Player,
        sources: Sources,
        choosing: Choosing,
        kept: Kept,
        banner: Banner,
    ) -> None:
        self._size, self._mirror = view.camera_size, view.mirror
        self._cameras, self._player, self._sources = cameras, player, sources
        self._choosing, self._kept, self._banner = choosing, kept, banner
        self._open_when_listed = False
        cameras.listed.connect(self._on_listed)
        cameras.failed.connect(self._on_failed)

    def request(self, spec: str | int | Path, title: str = "") -> SourceRequest:
        """To open a source, if it is a camera as cameras are opened now."""
        return SourceRequest(spec, title, self._size, self._mirror)

    def open(self, camera: Entry) -> None:
        """Show a camera of the list."""
        self._sources.open(self.request(camera.value, camera.title))

    def open_first(self) -> None:
        """Show the first camera; looks for one if none is known."""
        if self._cameras.known:
            self.open(self._cameras.known[0])
            return
        self._open_when_listed = True
        self._cameras.look()

    def set_size(self, size: str) -> None:
        """Open cameras in that size from now on, the one shown at once."""
        self._size = size
        self._kept.change_view(camera_size=size)
        self._open_anew(camera_size=size)

    def set_mirror(self, on: bool) -> None:
        """Turn the pictures of cameras as in a mirror from now on, or not."""
        self._mirror = on
        self._kept.change_view(mirror=on)
        self._open_anew(mirror=on)

    def _open_anew(self, **changes: Any) -> None:
        request = self._player.request
        if request is not None and request.is_camera:
            self._sources.open_anew(replace(request, **changes))

    def _on_listed(self, cameras: Sequence[Entry]) -> None:
        if self._open_when_listed:
            self._open_when_listed = False
            if cameras:
                self.open(cameras[0])
            else:
                self._tell_none("No camera was found.")

    def _on_failed(self, error: EngineError) -> None:
        if self._open_when_listed:
            self._open_when_listed = False
            self._tell_none(error.message)

    def _tell_none(self, message: str) -> None:
        self._banner.post(
            Level.ERROR,
            message,
            "Plug one in and look again, or begin with a file or the demo scene.",
            [
                Choice("Look again", self.open_first),
                Choice("Open file…", self._choosing.choose_file),
                Choice("Demo", self._sources.open_demo),
            ],
        )
