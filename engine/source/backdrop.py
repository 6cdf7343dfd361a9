"""Reading the picture that is put behind people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from engine.errors import SourceUnreadable
from engine.source.images import is_still_picture, load_picture
from engine.styles import BackdropPicture

LONGEST_PX = 4096
"""Larger pictures are shrunk as they are read: no frame shows more of them."""


def open_backdrop(path: Path) -> BackdropPicture:
    """The picture in a file, upright, transparent parts white, shrunk to `LONGEST_PX`.

    Raises `SourceNotFound` and `SourceUnreadable`, also for a film.
    """
    if path.is_file() and not is_still_picture(path):
        raise SourceUnreadable(
            f"{path.name} is not a picture that can be put behind people.",
            "Choose a picture that does not move, such as a JPEG or PNG.",
        )
    image = load_picture(path)
    scale = LONGEST_PX / max(image.shape[:2])
    if scale < 1:
        size_wh = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
        image = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return BackdropPicture(path, image)
