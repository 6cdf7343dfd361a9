"""What JPEG does to pictures: 8×8 DCT, quantised, in YCbCr with chroma at half the size.

Tables and their scaling are those of Annex K of ITU-T T.81 and of libjpeg. Nothing is
encoded, so this costs a few matrix products.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from engine.training.constants import constant
from engine.training.on_device.sampling import to_levels

# fmt: off
LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    *(99,) * 32,
)
# fmt: on


def compress(images: Tensor, qualities: Tensor) -> Tensor:
    """(n, H, W, 3) uint8 RGB after compression with libjpeg's `qualities` (n,) of 1..100."""
    height, width = images.shape[1:3]
    red, green, blue = images.float().unbind(-1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = torch.stack([(blue - luma) * 0.564334, (red - luma) * 0.713267], 1)
    pad = (0, -width % 16, 0, -height % 16)
    luma = functional.pad(luma[:, None] - 128, pad, mode="replicate")
    chroma = functional.avg_pool2d(functional.pad(chroma, pad, mode="replicate"), 2)
    luma = _quantise(luma, _tables(LUMA, qualities))
    chroma = _quantise(chroma, _tables(CHROMA, qualities))
    grown = functional.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    levels = (luma[:, 0] + 128)[:, :height, :width]
    blue_off, red_off = grown[:, :, :height, :width].unbind(1)
    green_off = -0.344136 * blue_off - 0.714136 * red_off
    offsets = torch.stack([1.402 * red_off, green_off, 1.772 * blue_off], -1)
    return to_levels(levels[..., None] + offsets)


def _tables(base: tuple[int, ...], qualities: Tensor) -> Tensor:
    """(n, 8, 8) float32 divisors, by libjpeg's rule."""
    percent = torch.where(qualities < 50, (5000 / qualities).floor(), 200 - 2 * qualities)
    table = constant(qualities.device, base).view(8, 8)
    return ((table * percent.view(-1, 1, 1) + 50) / 100).floor().clamp(1, 255)


def _quantise(planes: Tensor, tables: Tensor) -> Tensor:
    """(n, c, H, W) with every 8×8 block's cosine coefficients rounded to the table's steps."""
    n, c, height, width = planes.shape
    cosines = _cosines(planes.device)
    blocks = planes.view(n, c, height // 8, 8, width // 8, 8).transpose(3, 4)
    steps = tables.view(n, 1, 1, 1, 8, 8)
    coefficients = ((cosines @ blocks @ cosines.T) / steps).round() * steps
    blocks = (cosines.T @ coefficients @ cosines).round().clamp(-128, 127)
    return blocks.transpose(3, 4).reshape(n, c, height, width)


@cache
def _cosines(device: torch.device) -> Tensor:
    """(8, 8) orthonormal DCT-II."""
    k = torch.arange(8, dtype=torch.float64)
    rows = torch.cos(math.pi / 8 * (k + 0.5) * k[:, None]) * 0.5
    rows[0] *= math.sqrt(0.5)
    return rows.float().to(device)
