"""Names of files by which videos and pictures are found; a file that is named may have any."""

from __future__ import annotations

from pathlib import PurePath

PICTURE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"}
    | {".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
)
"""What is taken for a picture in a folder; HEIC, so that it is said that it cannot be read."""

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"}
    | {".ogv", ".ts", ".webm", ".wmv"}
)
"""What is taken for a video there; a GIF is a picture until it is seen to move."""


def without_ending(name: str) -> str:
    """A name without that of a video or picture; what else follows a dot is part of it."""
    suffix = PurePath(name).suffix
    return (
        name.removesuffix(suffix) if suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES else name
    )
