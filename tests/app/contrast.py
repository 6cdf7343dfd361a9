"""Widgets as they are painted, and the contrast of WCAG 2.2 between colours."""

from __future__ import annotations

import numpy as np
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget

from engine.types import Float32Array, UInt8Array


def pixels_of(widget: QWidget) -> UInt8Array:
    """Rows × columns × (red, green, blue) as the widget is painted now, with what is below it."""
    window = widget.window()
    place = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
    image = window.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def luminance(rgb: UInt8Array) -> Float32Array:
    """The relative luminance of (…, 3) pixels, 0 to 1."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return (linear @ np.array([0.2126, 0.7152, 0.0722])).astype(np.float32)


def contrast(one: UInt8Array, other: UInt8Array) -> Float32Array:
    """1 to 21, pixel by pixel."""
    low, high = np.sort([luminance(one), luminance(other)], axis=0)
    return (high + 0.05) / (low + 0.05)
