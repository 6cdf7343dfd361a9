"""Pictures made to fit the one size that a video has from its first frame on."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import UInt8Array


def even_size(size_hw: tuple[int, int]) -> tuple[int, int]:
    """Both sides rounded up to even numbers, as 4:2:0 colour asks for."""
    return size_hw[0] + size_hw[0] % 2, size_hw[1] + size_hw[1] % 2


def fit_picture(image: UInt8Array, size_hw: tuple[int, int]) -> UInt8Array:
    """`image` (H, W, C) at the size `size_hw`, nothing of it lost.

    One pixel too few on the right or at the bottom repeats the last one, so that every
    other pixel stays where it was; other sizes are scaled, and centred on black
    (transparent in four channels). The same array comes back where the size is right.
    """
    height, width = image.shape[:2]
    if (height, width) == size_hw:
        return image
    missing = size_hw[0] - height, size_hw[1] - width
    if set(missing) <= {0, 1}:
        return _as_uint8(
            cv2.copyMakeBorder(image, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
        )
    return _letterbox(image, size_hw)


def _letterbox(image: UInt8Array, size_hw: tuple[int, int]) -> UInt8Array:
    height, width = image.shape[:2]
    scale = min(size_hw[0] / height, size_hw[1] / width)
    inner_h = min(size_hw[0], max(1, round(height * scale)))
    inner_w = min(size_hw[1], max(1, round(width * scale)))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (size_hw[0] - inner_h) // 2, (size_hw[1] - inner_w) // 2
    canvas = np.zeros((*size_hw, image.shape[2]), np.uint8)
    canvas[top : top + inner_h, left : left + inner_w] = cv2.resize(
        image, (inner_w, inner_h), interpolation=shrink
    )
    return canvas


def _as_uint8(image: object) -> UInt8Array:
    return np.asarray(image, np.uint8)
