"""Carries out what cameras do to a picture, with PyTorch; see `engine.training.faults`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from engine.training.on_device.jpeg import compress
from engine.training.on_device.packed_faults import PackedFaults, Some, SomeNoise
from engine.training.on_device.sampling import filter_each, to_levels


def disturb(images: Tensor, faults: PackedFaults[Tensor]) -> None:
    """Change (N, H, W, 3) uint8 pictures in place.

    Noise comes from one generator per picture, so it does not depend on the others; these
    are the only loops over pictures, and they wait for nothing.
    """
    _change(images, faults.tables, _look_up)
    _change(images, faults.saturation, _saturate)
    _change(images, faults.dim, lambda picked, factor: (picked * _per(factor)).to(torch.uint8))
    _add_noise(images, faults.dark_noise)
    _change(images, faults.blur, _blur)
    _change(images, faults.motion, _filter)
    _add_noise(images, faults.noise)
    _change(images, faults.jpeg, compress)


def _change(images: Tensor, some: Some[Tensor], change: Callable[[Tensor, Tensor], Tensor]) -> None:
    if len(some.crops):
        images.index_copy_(0, some.crops, change(images[some.crops], some.values))


def _look_up(images: Tensor, tables: Tensor) -> Tensor:
    levels = images.reshape(len(images), -1, 3).long()
    return tables.gather(1, levels).view(images.shape)


def _saturate(images: Tensor, saturation: Tensor) -> Tensor:
    red, green, blue = images.unbind(-1)
    grey = (0.299 * red + 0.587 * green + 0.114 * blue).round()[..., None]
    return to_levels(grey + _per(saturation) * (images - grey))


def _add_noise(images: Tensor, noise: SomeNoise[Tensor]) -> None:
    def add(picked: Tensor, strength: Tensor) -> Tensor:
        drawn = torch.empty(picked.shape, device=picked.device)
        for picture, seed in zip(drawn, noise.seeds, strict=True):
            picture.normal_(generator=torch.Generator(picked.device).manual_seed(seed))
        return (picked + drawn * _per(strength)).clamp(0, 255).to(torch.uint8)

    _change(images, noise.some, add)


def _blur(images: Tensor, kernels: Tensor) -> Tensor:
    return _filter(_filter(images, kernels[:, :, None], False), kernels[:, None])


def _filter(images: Tensor, kernels: Tensor, rounded: bool = True) -> Tensor:
    """(n, H, W, 3) with kernels (n, kh, kw), mirrored at the border."""
    reach_y, reach_x = kernels.shape[1] // 2, kernels.shape[2] // 2
    channels = images.permute(0, 3, 1, 2).float()
    padded = functional.pad(channels, (reach_x, reach_x, reach_y, reach_y), mode="reflect")
    filtered = filter_each(padded, kernels).permute(0, 2, 3, 1)
    return to_levels(filtered) if rounded else filtered


def _per(values: Tensor) -> Tensor:
    """One value per picture, for pictures of (n, H, W, 3)."""
    return values.view(-1, 1, 1, 1)
