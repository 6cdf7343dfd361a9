"""Names of new files, and showing them in the desktop's file manager."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path

from PyQt6.QtCore import QStandardPaths, QUrl
from PyQt6.QtGui import QDesktopServices

from engine.errors import SinkError
from engine.sink.outfile import is_there

PICTURES = QStandardPaths.StandardLocation.PicturesLocation
VIDEOS = QStandardPaths.StandardLocation.MoviesLocation

_MOST_LETTERS = 60
_MOST_BYTES = 180
"""A whole name may have 255: a time follows, and the endings of what is written beside."""


def output_folder(chosen: str, kind: QStandardPaths.StandardLocation) -> Path:
    """The chosen folder, else the system's one for pictures or films."""
    return Path(chosen or QStandardPaths.writableLocation(kind) or Path.home())


def new_file(folder: Path, stem: str, ending: str) -> Path:
    """A name with the time in it that is not taken yet; makes the folder.

    Touches the disk, so not for the GUI thread. Raises `SinkError`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(
            f"The folder {folder} cannot be written: {error.strerror or error}.",
            "Choose another folder.",
        ) from error
    moment = datetime.now().strftime("%Y-%m-%d %H.%M.%S")  # no colons: Windows forbids them
    safe = _safe(stem)
    path = folder / f"{safe} {moment}{ending}"
    count = 2
    while is_there(path):
        path = folder / f"{safe} {moment} ({count}){ending}"
        count += 1
    return path


def _safe(stem: str) -> str:
    """What every disk takes of it, not too long."""
    kept = "".join(c if _is_taken(c) else "_" for c in stem).strip(" .")[:_MOST_LETTERS]
    kept = kept.encode()[:_MOST_BYTES].decode(errors="ignore")
    return kept.rstrip(" .") or "BBE Live"


def _is_taken(letter: str) -> bool:
    """Marks, too, of which many scripts make their vowels and macOS its umlauts."""
    return letter.isalnum() or letter in " -_." or unicodedata.category(letter).startswith("M")


def show_in_folder(path: Path) -> None:
    """Open the folder of `path` in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))
