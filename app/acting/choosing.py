"""The dialogs in which a file, a folder or an address is chosen to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from app.acting.sources import Sources
from app.held.backend import SourceRequest
from app.held.kept import Kept
from app.running.player import Player
from app.shown.address_card import AddressCard
from app.shown.file_dialog import open_dialog, patterns
from engine.source.endings import PICTURE_SUFFIXES, VIDEO_SUFFIXES


class Choosing:
    """Lets the user choose what to see. window: what its dialogs lie on."""

    def __init__(
        self,
        sources: Sources,
        player: Player,
        address: AddressCard,
        kept: Kept,
        window: QWidget,
    ) -> None:
        self._sources, self._player, self._address = sources, player, address
        self._kept, self._window = kept, window
        address.entered.connect(lambda text: sources.open(SourceRequest(text)))

    def choose_file(self) -> None:
        """Show the file dialog, for a film or pictures; what is shown goes on meanwhile."""
        videos, pictures = patterns(VIDEO_SUFFIXES | {".gif"}), patterns(PICTURE_SUFFIXES)
        filters = [
            f"Videos and pictures ({videos} {pictures})", f"Videos ({videos})",
            f"Pictures ({pictures})", "All files (*)",
        ]  # fmt: skip
        dialog = self._ask("Open a video or pictures", QFileDialog.FileMode.ExistingFiles, filters)
        dialog.filesSelected.connect(self._open_together)

    def choose_folder(self) -> None:
        """Show the file dialog for a folder of pictures."""
        self._ask("Open a folder of pictures", QFileDialog.FileMode.Directory)

    def ask_address(self) -> None:
        """Show the line for an address, with the one that is open."""
        request = self._player.request
        known = str(request.spec) if request is not None and request.is_address else ""
        self._address.open(known)

    def _ask(
        self, title: str, mode: QFileDialog.FileMode, filters: Sequence[str] = ()
    ) -> QFileDialog:
        folder = self._kept.view.last_dir
        if not Path(folder).is_absolute() or not Path(folder).is_dir():
            folder = str(Path.home())
        return open_dialog(self._window, title, mode, folder, self._open_path, filters)

    def _open_path(self, name: str) -> None:
        self._sources.open_path(Path(name))

    def _open_together(self, names: Sequence[str]) -> None:
        if len(names) > 1:  # a single one is told as such
            self._sources.open_together([Path(name) for name in names])
