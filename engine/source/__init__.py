"""Where pictures come from. `open_source` finds out what is meant by a word, path or address."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import SourceNotFound, SourceUnreadable
from engine.source.address import local_path
from engine.source.base import Source, SourceInfo
from engine.source.camera_list import CameraDevice, find_camera, list_cameras
from engine.source.options import SourceOptions

__all__ = [
    "CameraDevice",
    "Source",
    "SourceInfo",
    "SourceOptions",
    "list_cameras",
    "open_source",
]

_ACCEPTED = (
    "Give a camera (0, 1, … or camera:Name), a video, a picture, a folder or pattern of pictures, "
    "an address (rtsp://, http://, https://), demo or synthetic."
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def open_source(
    spec: str | int | Path | tuple[Path, ...], options: SourceOptions | None = None
) -> Source:
    """Open what `spec` means; blocks until the first picture is there.

    An int or a string of digits is a camera's index, "camera:Name" a camera's name (or index),
    "demo" and "synthetic" the built-in scenes, then addresses, files (picture or video by
    content), folders and patterns of pictures. A file called "demo" or "0" is "./demo", "./0".
    Several paths are pictures, in that order.

    Raises SourceNotFound, SourceBusy, SourceUnreadable, SourceLost.
    """
    options = options or SourceOptions()
    if isinstance(spec, int):
        return _open_camera(spec, options)
    if isinstance(spec, Path):
        return _open_path(spec)
    if isinstance(spec, tuple):
        return _open_pictures(spec)
    word = spec.strip()
    if word.isdecimal():
        return _open_camera(int(word), options)
    if word.startswith("camera:"):
        name = word.removeprefix("camera:").strip()
        return _open_camera(int(name) if name.isdecimal() else name, options)
    if word == "demo":
        from engine.source.demo import DemoSource  # reads its portraits when imported

        return DemoSource()
    if word == "synthetic":
        from engine.source.synthetic import SyntheticSource

        return SyntheticSource()
    if _URL.match(word):
        return _open_address(word, options)
    if not word:
        raise SourceNotFound("No source was named.", _ACCEPTED)
    return _open_path(Path(word))


# The readers are imported when the first of their kind is opened: PyAV, Pillow and the
# cameras are independent, and a missing system library of one must not break the others.


def _open_camera(wanted: int | str, options: SourceOptions) -> Source:
    from engine.source.camera import CameraSource

    return CameraSource(find_camera(wanted, list_cameras()), options)


def _open_address(url: str, options: SourceOptions) -> Source:
    try:
        urlsplit(url)
    except ValueError as error:  # such as a bracket without its other one
        # Without the address itself, which may hold a password.
        raise SourceNotFound(f"The address is not written as one: {error}.", _ACCEPTED) from None
    if (path := local_path(url)) is not None:
        return _open_path(path)
    from engine.source.stream import open_url

    return open_url(url, options)


def _open_path(path: Path) -> Source:
    from engine.source.images import ImagesSource, is_pattern, is_still_picture, pictures_in

    path = _expanded(path)
    try:
        is_folder, is_file, is_there = path.is_dir(), path.is_file(), path.exists()
    except OSError as error:  # a closed folder, a drive that is gone, a name that is too long
        reason = (error.strerror or str(error)).lower()
        raise SourceUnreadable(f"{path} cannot be reached: {reason}.", _ACCEPTED) from error
    if is_folder:
        return ImagesSource(pictures_in(path), name=path.resolve().name)
    if not is_there:
        if is_pattern(str(path)):
            return _open_pattern(path)
        raise SourceNotFound(f"There is no {path}.", _ACCEPTED)
    if is_file and is_still_picture(path):
        return ImagesSource((path,))
    from engine.source.video_file import VideoFileSource

    return VideoFileSource(path)


def _expanded(path: Path) -> Path:
    """With the home folder for ~; as it stands where nobody is called so."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _open_pictures(paths: tuple[Path, ...]) -> Source:
    from engine.source.images import ImagesSource

    return ImagesSource(paths, name=f"{len(paths)} pictures" if len(paths) > 1 else "")


def _open_pattern(pattern: Path) -> Source:
    from engine.source.images import ImagesSource, files_matching, is_still_picture

    found = files_matching(str(pattern))
    if not found:
        raise SourceNotFound(f"Nothing matches {pattern}.", _ACCEPTED)
    if len(found) == 1:
        return _open_path(found[0])
    pictures = [path for path in found if is_still_picture(path)]
    if not pictures:
        raise SourceUnreadable(
            f"{pattern} matches {len(found)} files that are no pictures.",
            "Open videos one at a time.",
        )
    return ImagesSource(pictures, name=pattern.name)
