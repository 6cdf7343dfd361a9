"""Pictures from the flat stock, seen through matrices: what `cv2.warpAffine` does.

Index coordinates: pixel (0, 0) is mapped from its centre, as with align_corners=True.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.training.compose import PADDING_GREY
from engine.training.constants import constant
from engine.training.dataset import IGNORE
from engine.training.on_device.packing import Layers


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """n pictures in a flat tensor of pixels and how they are looked at; all (n, …)."""

    pixels: Tensor
    offsets: Tensor
    strides: Tensor
    sizes_hw: Tensor
    inverses: Tensor


def sample_layers(
    pixels: Tensor, layers: Layers[Tensor], crop_hw: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Colours and opacity (n, H, W, 4) float32 in 0..255, and labels (n, H, W) uint8.

    Colours are bilinear and grey outside the picture, labels nearest and IGNORE outside.
    Opacity is 255 everywhere but on cut-outs.
    """
    n = len(layers.kernels)
    strides = layers.sizes_hw[:, 1]
    parts = []
    if n:
        canvas, (height, width) = _blurred(pixels, layers), layers.canvas_hw
        starts = torch.arange(n, device=pixels.device) * (height * width)
        wide = torch.full_like(starts, width)
        parts.append(_Views(canvas, starts, wide, layers.sizes_hw[:n], layers.inverses[:n]))
    if n < len(strides):
        sizes_hw, inverses = layers.sizes_hw[n:], layers.inverses[n:]
        parts.append(_Views(pixels, layers.offsets[n:], strides[n:], sizes_hw, inverses))
    sampled = [_sample(views, crop_hw) for views in parts]
    rgba, fourth, inside = (torch.cat(tensors) for tensors in zip(*sampled, strict=True))
    cutout = layers.cutout.view(-1, 1, 1)
    rgba[..., 3] = torch.where(cutout, rgba[..., 3], 255.0)
    labels = torch.where(cutout, (fourth >= 128).to(torch.uint8), fourth)
    return rgba, torch.where(inside, labels, IGNORE)


def filter_each(channels: Tensor, kernels: Tensor) -> Tensor:
    """(n, C, H, W) float32, picture i with kernel i of (n, kh, kw); nothing is padded."""
    n, c, height, width = channels.shape
    weights = kernels.repeat_interleave(c, 0)[:, None]
    filtered = functional.conv2d(channels.reshape(1, n * c, height, width), weights, groups=n * c)
    return filtered.view(n, c, *filtered.shape[2:])


def to_levels(values: Tensor) -> Tensor:
    """Rounded and cut to uint8, as OpenCV does."""
    return values.round().clamp(0, 255).to(torch.uint8)


def _sample(views: _Views, crop_hw: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Bilinear (n, H, W, 4) float32; nearest fourth byte (n, H, W) uint8; whether inside."""
    m = views.inverses[..., None, None]  # (n, 2, 3, 1, 1)
    device = views.pixels.device
    across = torch.arange(crop_hw[1], device=device, dtype=torch.float32)
    down = torch.arange(crop_hw[0], device=device, dtype=torch.float32)[:, None]
    xs = m[:, 0, 0] * across + (m[:, 0, 1] * down + m[:, 0, 2])
    ys = m[:, 1, 0] * across + (m[:, 1, 1] * down + m[:, 1, 2])
    left, top = xs.floor(), ys.floor()
    right_share, lower_share = xs - left, ys - top
    total = torch.zeros((*xs.shape, 4), device=device)
    outside = constant(device, (*(PADDING_GREY,) * 3, 0), torch.uint8)
    for step_y, weight_y in ((0, 1 - lower_share), (1, lower_share)):
        for step_x, weight_x in ((0, 1 - right_share), (1, right_share)):
            values, inside = _fetch(views, (top + step_y).long(), (left + step_x).long())
            values = torch.where(inside[..., None], values, outside)
            total += (weight_y * weight_x)[..., None] * values
    nearest, inside = _fetch(views, (ys + 0.5).floor().long(), (xs + 0.5).floor().long())
    return total, nearest[..., 3], inside


def _fetch(views: _Views, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels (n, H, W, 4) uint8 at these places, and which places lie in the picture."""
    height, width = (size.view(-1, 1, 1) for size in views.sizes_hw.unbind(1))
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    places = views.offsets.view(-1, 1, 1) + rows * views.strides.view(-1, 1, 1) + columns
    found = views.pixels[torch.where(inside, places, 0)]
    return _bytes(found), inside


def _bytes(pixels: Tensor) -> Tensor:
    """(…, W) int32 → (…, W, 4) uint8."""
    return pixels.contiguous().view(torch.uint8).view(*pixels.shape, 4)


def _blurred(pixels: Tensor, layers: Layers[Tensor]) -> Tensor:
    """The pictures to be blurred, in canvases of one size one after the other, flat."""
    kernels = layers.kernels
    n, reach = len(kernels), kernels.shape[1] // 2
    height, width = layers.sizes_hw[:n].unbind(1)
    rows = _mirrored(layers.canvas_hw[0], reach, height)
    columns = _mirrored(layers.canvas_hw[1], reach, width)
    places = (layers.offsets[:n, None] + rows * width[:, None])[:, :, None] + columns[:, None]
    source = _bytes(pixels[places])
    colours = source[..., :3].permute(0, 3, 1, 2).float()
    colours = filter_each(filter_each(colours, kernels[:, :, None]), kernels[:, None])
    inner = source[:, reach : reach + layers.canvas_hw[0], reach : reach + layers.canvas_hw[1]]
    canvas = torch.cat([to_levels(colours).permute(0, 2, 3, 1), inner[..., 3:]], 3)
    return canvas.contiguous().view(torch.int32).flatten()


def _mirrored(length: int, reach: int, sizes: Tensor) -> Tensor:
    """(n, length + 2·reach) indices of a line of `sizes` pixels, mirrored at its ends."""
    line = torch.arange(-reach, length + reach, device=sizes.device)
    period = (2 * (sizes - 1)).clamp_min(1)[:, None]
    folded = line.abs() % period
    return torch.minimum(folded, period - folded).clamp_max((sizes - 1)[:, None])
