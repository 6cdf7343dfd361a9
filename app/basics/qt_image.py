"""Pictures of the engine as Qt has them."""

from __future__ import annotations

from PyQt6.QtGui import QImage

from engine.types import UInt8Array


def borrowed(image_bgr: UInt8Array) -> QImage:
    """(H, W, 3) uint8, C-contiguous, without a copy: the array must outlive it."""
    height, width = image_bgr.shape[:2]
    image: QImage = QImage(
        image_bgr.data,  # type: ignore[call-overload]  # any buffer is taken
        width,
        height,
        image_bgr.strides[0],
        QImage.Format.Format_BGR888,
    )
    return image
