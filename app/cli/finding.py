"""What `bbe segment` is to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.options import parse_camera
from engine.errors import SourceNotFound, SourceUnreadable
from engine.source.address import local_path, name_of_url
from engine.source.endings import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from engine.source.images import (
    files_matching,
    is_pattern,
    is_still_picture,
    natural_key,
)

_GIVE = "Give a file, folder, pattern or address."


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was found. many: the outputs need a folder."""

    videos: tuple[str | int | Path, ...]
    pictures: tuple[Path, ...]
    many: bool


def find_inputs(texts: Sequence[str]) -> Inputs:
    """Files, folders, patterns and addresses as lists. Raises `SourceNotFound`."""
    videos: dict[str | int | Path, None] = {}
    pictures: dict[Path, None] = {}
    many = len(texts) > 1
    for text in texts:
        found, is_several = _expand(text)
        many = many or is_several
        for item in found:
            if isinstance(item, Path) and is_still_picture(item):
                pictures[item] = None
            else:
                videos[item] = None
    return Inputs(tuple(videos), tuple(pictures), many)


def _expand(text: str) -> tuple[Sequence[str | int | Path], bool]:
    """What one argument means, and whether it may mean several files."""
    if not text.strip():
        raise SourceNotFound("An input has no name.", _GIVE)
    path = Path(text)
    if text == "-" and not path.exists():
        raise SourceNotFound("Nothing is read from standard input.", _GIVE)
    if path.is_dir():
        suffixes = PICTURE_SUFFIXES | VIDEO_SUFFIXES
        found = [p for p in path.iterdir() if p.suffix.lower() in suffixes and p.is_file()]
        found = [p for p in found if not p.name.startswith(".")]
        if not found:
            raise SourceNotFound(
                f"There are no videos or pictures in {path}.", "Of folders inside it, name each."
            )
        return sorted(found, key=natural_key), True
    if path.exists():
        return [path], False
    if "://" not in text and is_pattern(text):
        matching = files_matching(text)
        if not matching:
            raise SourceNotFound(f"No file matches {text}.", "Check the pattern and the folder.")
        return matching, True
    if "://" in text:
        return [_address(text)], False
    if text in ("demo", "synthetic"):
        return [text], False
    camera = parse_camera(text)
    return [camera if isinstance(camera, int) else path], False


def _address(text: str) -> str | Path:
    """An address as it stands, or the file here that it means.

    Raises `SourceUnreadable` for a photo, which libav would take for a film without an end.
    """
    try:
        parts = urlsplit(text)
    except ValueError:  # not written as one, which opening it will tell
        return text
    if (path := local_path(text)) is not None:
        return path
    if Path(parts.path).suffix.lower() in PICTURE_SUFFIXES - {".gif"}:
        raise SourceUnreadable(
            f"{name_of_url(text)} is a picture, and only films are fetched from the net.",
            "Download it first.",
        )
    return text
