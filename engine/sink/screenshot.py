"""Single pictures as PNG files."""

from __future__ import annotations

import contextlib
from pathlib import Path

import cv2

from engine.errors import SinkError
from engine.sink.outfile import check_free_space, sink_error
from engine.types import UInt8Array

_PNG_LEVEL = 3
"""Of zlib: a quarter of the time of the default at nearly its size."""


def encode_png(image: UInt8Array) -> bytes:
    """(H, W), (H, W, 3) BGR or (H, W, 4) BGRA uint8 as the bytes of a PNG file."""
    done, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL])
    if not done:
        raise SinkError(f"A picture of the shape {image.shape} cannot be written as PNG.")
    return data.tobytes()


def write_bytes(path: Path, data: bytes, overwrite: bool = True) -> None:
    """Write a whole file, or none; any name the file system takes. Raises `SinkError`."""
    try:
        file = path.open("wb" if overwrite else "xb")
    except OSError as error:
        raise sink_error(path, error) from error
    try:
        with file:
            file.write(data)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()  # half a picture would pass for a whole one
        raise sink_error(path, error) from error


def save_screenshot(image_bgr: UInt8Array, path: str | Path) -> Path:
    """Write a picture (H, W, 3) uint8 as PNG.

    Names that do not end in .png get that added; an existing file is never replaced.
    Returns the path written. Raises `SinkError`.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        target = target.with_name(f"{target.name}.png")
    check_free_space(target.parent)
    write_bytes(target, encode_png(image_bgr), overwrite=False)
    return target
