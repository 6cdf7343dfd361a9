"""Masks without specks and pinholes, by OpenCV: what the fast kernel must agree with exactly."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import BoolArray, UInt8Array

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def tidy(labels: UInt8Array, min_share: float) -> int:
    """Change specks and pinholes in place; returns how many pixels.

    labels: (H, W) uint8, contiguous; 0 is nobody, i + 1 is person i. A person's mask falls into
    pieces whose pixels touch, at corners too; those of less than `min_share` of the pixels of
    the largest go to the background if they touch it, else to the person around with the
    lowest number. Background that touches one person alone is that person's where it is so
    small a share of the person's largest piece.
    """
    before, largest = labels.copy(), np.zeros(256, np.int64)
    people = range(1, int(before.max(initial=0)) + 1)
    pieces = {}
    for label in (*people, 0):
        mask = np.equal(before, label).astype(np.uint8)
        _, named, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8 if label else 4)
        pieces[label] = named, stats
        if label:
            largest[label] = stats[1:, cv2.CC_STAT_AREA].max(initial=0)
    changed = 0
    for label, (named, stats) in pieces.items():
        limit = min_share * (largest[label] if label else largest.max())
        for piece in range(1, len(stats)):
            x, y, width, height, pixels = stats[piece].tolist()
            if pixels >= limit:
                continue
            window = np.s_[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1]
            here = named[window] == piece
            around = before[window][_ring(here)]
            owner = around.min(initial=255)
            if label == 0 and (
                owner != around.max(initial=0) or pixels >= min_share * largest[owner]
            ):
                continue
            labels[window][here] = owner
            changed += pixels
    return changed


def _ring(here: BoolArray) -> BoolArray:
    """The pixels beside those marked, above or below them."""
    return np.asarray(cv2.dilate(here.view(np.uint8), _CROSS), np.bool_) & ~here
