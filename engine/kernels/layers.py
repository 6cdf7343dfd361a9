"""Laying a picture with transparency over another."""

from __future__ import annotations

import numpy as np

from engine.kernels.jit import jit
from engine.types import UInt8Array


def lay_over(out: UInt8Array, layer_bgra: UInt8Array, top: int, left: int) -> None:
    """Draw `layer_bgra` (h, w, 4) uint8, colours multiplied by alpha, into `out` (H, W, 3).

    Its upper left corner comes to lie on (top, left); what reaches beyond is cut off.
    """
    _lay_over(out, layer_bgra, top, left)


def mark_over(labels: UInt8Array, layer_bgra: UInt8Array, top: int, left: int, label: int) -> None:
    """Write `label` into `labels` (H, W) where the layer is at least half opaque."""
    y0, x0 = max(0, top), max(0, left)
    window = labels[y0 : max(0, top + layer_bgra.shape[0]), x0 : max(0, left + layer_bgra.shape[1])]
    alpha = layer_bgra[y0 - top :, x0 - left :, 3][: window.shape[0], : window.shape[1]]
    window[alpha >= 128] = label


@jit
def _lay_over(out: UInt8Array, layer_bgra: UInt8Array, top: int, left: int) -> None:
    first_y, first_x = max(0, -top), max(0, -left)
    end_y = min(layer_bgra.shape[0], out.shape[0] - top)
    end_x = min(layer_bgra.shape[1], out.shape[1] - left)
    for y in range(first_y, end_y):
        for x in range(first_x, end_x):
            alpha = np.uint32(layer_bgra[y, x, 3])
            if alpha == 0:
                continue
            through = np.uint32(256) - alpha - (alpha >> np.uint32(7))
            for c in range(3):
                under = np.uint32(out[top + y, left + x, c])
                value = ((under * through + np.uint32(128)) >> np.uint32(8)) + layer_bgra[y, x, c]
                out[top + y, left + x, c] = min(value, np.uint32(255))
