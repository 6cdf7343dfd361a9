"""The box around what is coloured, by OpenCV: what the fast kernel must agree with exactly."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import Int64Array, UInt8Array


def extents(labels: UInt8Array, count: int, min_share: float) -> Int64Array:
    """Boxes (count, 4), x0, y0, x1, y1, end-exclusive, around each person's mask.

    labels: (H, W) uint8, i + 1 is person i. A mask falls into pieces whose pixels touch,
    at corners too; the box goes around the largest and those of at least `min_share` of its
    pixels. Zeros for a person without a pixel.
    """
    boxes = np.zeros((count, 4), np.int64)
    for person in range(count):
        mask = np.equal(labels, person + 1).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        pieces = stats[1:]
        if len(pieces) == 0:
            continue
        pixels = pieces[:, cv2.CC_STAT_AREA]
        kept = pieces[pixels >= min_share * pixels.max()]
        corner, size = kept[:, :2], kept[:, 2:4]
        boxes[person] = (*corner.min(axis=0), *(corner + size).max(axis=0))
    return boxes
