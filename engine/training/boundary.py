"""How well the edges of masks lie: boundary IoU (Cheng et al., CVPR 2021)."""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.types import BoolArray

BAND_SHARE = 0.02
"""Width of the band inside a mask's edge, as a share of the picture's diagonal."""


def boundary_iou(mask: BoolArray, truth: BoolArray) -> float:
    """IoU of the two masks (H, W) within the band at the edge of each; 0 where both are empty."""
    either = np.flatnonzero(mask | truth)
    if either.size == 0:
        return 0.0
    band_px = max(round(BAND_SHARE * math.hypot(*mask.shape)), 1)
    rows, columns = np.divmod(either, mask.shape[1])
    part = np.s_[rows[0] : rows[-1] + 1, columns.min() : columns.max() + 1]
    found, true = _band(mask[part], band_px), _band(truth[part], band_px)
    return float((found & true).sum() / (found | true).sum())


def _band(mask: BoolArray, band_px: int) -> BoolArray:
    """The pixels of a mask at most `band_px` from its edge; the border is one, too."""
    padded = np.pad(mask.astype(np.uint8), 1)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=band_px)
    return mask & (inner[1:-1, 1:-1] == 0)
