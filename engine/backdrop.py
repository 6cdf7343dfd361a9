"""A picture behind people, fitted to the frame."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from engine.styles import BackdropPicture
from engine.types import UInt8Array


@lru_cache(maxsize=4)
def filling(picture: BackdropPicture, height: int, width: int) -> UInt8Array:
    """(height, width, 3) uint8: the middle of the picture, as much of it as fits that size.

    The same array at the next call, so it must not be written to.
    """
    image = picture.image_bgr
    rows, columns = image.shape[:2]
    scale = max(height / rows, width / columns)
    seen_rows = min(rows, max(1, round(height / scale)))
    seen_columns = min(columns, max(1, round(width / scale)))
    top, left = (rows - seen_rows) // 2, (columns - seen_columns) // 2
    middle = image[top : top + seen_rows, left : left + seen_columns]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (width, height), interpolation=how), np.uint8)
