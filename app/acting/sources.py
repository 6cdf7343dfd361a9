"""What is opened, opened anew and closed: files, pictures, addresses, cameras, the demo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from app.acting.networks import Networks
from app.acting.picture import Picture
from app.acting.playing import Playing
from app.held.backend import SourceRequest
from app.held.kept import Kept
from app.held.options import OptionsModel
from app.running.player import Player
from app.shown.banner import Banner, Level
from engine.source.endings import PICTURE_SUFFIXES


class Sources(QObject):
    """Opens one source after another.

    left: the one that was shown ends. named: the `SourceRequest` that is opened instead, or None.
    """

    left = pyqtSignal()
    named = pyqtSignal(object)

    def __init__(
        self,
        player: Player,
        picture: Picture,
        options: OptionsModel,
        playing: Playing,
        networks: Networks,
        kept: Kept,
        banner: Banner,
    ) -> None:
        super().__init__(player)
        self._player, self._picture, self._options = player, picture, options
        self._playing, self._networks = playing, networks
        self._kept, self._banner = kept, banner

    def open(self, request: SourceRequest) -> None:
        """Show another source."""
        self._leave()
        self._options.forget_people()
        self.named.emit(request)
        if request.folder is not None:
            self._kept.change_view(last_dir=str(request.folder))
        self._player.open(request)
        self._playing.show_request(request)

    def open_anew(self, request: SourceRequest) -> None:
        """What is shown once more, from its start: its people may be the same, under new ids."""
        self._leave()
        self._player.open(request, same_people=True)

    def close(self) -> None:
        """Back to the start page."""
        self._leave()
        self._options.forget_people()
        self.named.emit(None)
        self._player.stop()

    def open_path(self, path: Path) -> None:
        """Show a file or a folder of pictures; a model file becomes the network."""
        if path.suffix.lower() == ".onnx":
            self._networks.use_file(path)
            return
        self.open(SourceRequest(path))

    def open_together(self, items: Sequence[Path | str]) -> None:
        """Show what was dropped or chosen: pictures together, of anything else the first.

        items: paths and addresses, at least one.
        """
        first, *others = items
        if others and (pictures := _as_pictures(items)):
            self.open(SourceRequest(pictures))
            return
        if isinstance(first, str):
            self.open(SourceRequest(first))
        else:
            self.open_path(first)
        if others:
            name = SourceRequest(first).name
            left_out = f"The other {len(others)} were" if len(others) > 1 else "The other one was"
            self._banner.post(
                Level.INFO,
                f"Only {name} was opened.",
                f"{left_out} left out: together only pictures can be opened.",
            )

    def open_demo(self) -> None:
        """Show the built-in scene."""
        self.open(SourceRequest("demo"))

    def _leave(self) -> None:
        """Nothing of what was shown stays."""
        self._banner.dismiss()
        self._player.end_session()  # or it might record people who are forgotten now
        self._picture.clear()
        self.left.emit()


def _as_pictures(items: Sequence[Path | str]) -> tuple[Path, ...]:
    """Pictures as a folder would give them; empty where anything else is among them."""
    from engine.source.images import natural_key  # slow to import

    paths = [item for item in items if isinstance(item, Path)]
    if len(paths) < len(items) or any(p.suffix.lower() not in PICTURE_SUFFIXES for p in paths):
        return ()
    return tuple(sorted(paths, key=natural_key))
