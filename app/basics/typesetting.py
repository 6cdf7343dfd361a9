"""Names in the picture whose letters the engine has no font for, in the fonts of the system."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from engine.types import UInt8Array

_MARGIN_PX = 1


def set_line(text: str, text_px: int, height: int, baseline: int) -> UInt8Array:
    """See `engine.styles.Typesetter`; emoji come out in shades of one colour.

    What would reach beyond the line is moved within it, or is smaller.
    """
    font = _font(text_px)
    # Scripts that stack marks, or reach far below, go beyond a line made for Latin letters.
    fits = height / max(QFontMetricsF(font).tightBoundingRect(text).height(), 1)
    if fits < 1.0:
        font = _font(max(1, math.floor(text_px * fits)))
    metrics = QFontMetricsF(font)
    box = metrics.tightBoundingRect(text)
    baseline = max(min(baseline, math.floor(height - box.bottom())), math.ceil(-box.top()))
    left = max(0.0, -box.left()) + _MARGIN_PX
    width = math.ceil(left + max(metrics.horizontalAdvance(text), box.right())) + _MARGIN_PX
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(QColor("black"))
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(QPointF(left, baseline), text)
    painter.end()
    bits = image.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8)
    return rows.reshape(height, image.bytesPerLine())[:, :width].copy()


@lru_cache(maxsize=32)
def _font(text_px: int) -> QFont:
    font = QFont()
    font.setPixelSize(text_px)
    font.setWeight(QFont.Weight.DemiBold)
    font.setStyleStrategy(
        QFont.StyleStrategy.PreferAntialias | QFont.StyleStrategy.NoSubpixelAntialias
    )
    return font
