"""Names of new files, and showing them in the desktop's file manager."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PyQt6.QtCore import QStandardPaths, QUrl
from PyQt6.QtGui import QDesktopServices

from engine.errors import SinkError

PICTURES = QStandardPaths.StandardLocation.PicturesLocation
VIDEOS = QStandardPaths.StandardLocation.MoviesLocation


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
    safe = "".join(c if c.isalnum() or c in " -_." else "_" for c in stem).strip(" .") or "BBE Live"
    path = folder / f"{safe[:60]} {moment}{ending}"
    count = 2
    while path.exists():
        path = folder / f"{safe[:60]} {moment} ({count}){ending}"
        count += 1
    return path


def show_in_folder(path: Path) -> None:
    """Open the folder of `path` in the file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))
