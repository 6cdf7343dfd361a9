"""All photos, cut-outs and rooms, decoded once, in the memory of the training device.

Photos that are four bytes per pixel (red, green, blue and the label), cut-outs (opacity in
place of the label) and rooms (label 0) lie one after the other in one flat tensor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import psutil
import torch
from PIL import Image
from rich.progress import track
from torch import Tensor

from engine.errors import SourceUnreadable
from engine.training.dataset import LabelledPhoto, shrunk_size
from engine.training.material import Material, cutout_as_photo
from engine.types import Float32Array, Int64Array, UInt8Array

PIXEL_BYTES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Where each picture lies and who is in it; on the host.

    Pictures are numbered: photos, then cut-outs, then rooms. offsets: (n,) int64 first
    pixel. sizes_hw: (n, 2) int64. boxes_xyxy: (P, 4) float32 per picture. pixels_of: (n,
    256) int64, how many pixels each label has; a cut-out's person has label 1.
    """

    photos: int
    cutouts: int
    offsets: Int64Array
    sizes_hw: Int64Array
    boxes_xyxy: tuple[Float32Array, ...]
    pixels_of: Int64Array

    def size_hw(self, number: int) -> tuple[int, int]:
        """Height and width of a picture."""
        return int(self.sizes_hw[number, 0]), int(self.sizes_hw[number, 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """rgbx: (H, W, 4) uint8. labels: (H, W) uint8."""

    rgbx: UInt8Array
    labels: UInt8Array
    boxes_xyxy: Float32Array


def needed_bytes(material: Material) -> int:
    """Memory that `load_stock` takes on the device, by the headers of the files."""
    photos = material.photos
    sizes = [photos.outline(i).size_hw for i in range(len(photos))]
    for path in (*material.cutouts, *material.rooms):
        with Image.open(path) as picture:
            sizes.append(shrunk_size((picture.height, picture.width), photos.long_side))
    return sum(height * width for height, width in sizes) * PIXEL_BYTES


def free_bytes(device: torch.device) -> int:
    """Free memory of the device; for the processor, of the machine."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def load_stock(
    material: Material, device: torch.device, shown: bool = False
) -> tuple[Shelf, Tensor]:
    """Decode everything; returns where it lies, and the (pixels,) int32 tensor on `device`.

    shown: with a progress bar. Raises `SourceUnreadable`.
    """
    photos = material.photos
    cutouts = _decode(lambda i: _with_opacity(material.cutout(i)), range(len(material.cutouts)))
    rooms = _decode(lambda i: _with_labels(material.room(i)), range(len(material.rooms)))
    extra = [*cutouts, *rooms]
    sizes = [photos.outline(i).size_hw for i in range(len(photos))]
    sizes_hw = np.array([*sizes, *(p.labels.shape for p in extra)], np.int64).reshape(-1, 2)
    areas = sizes_hw.prod(axis=1)
    offsets = np.cumsum(areas) - areas
    pixels = torch.empty(int(areas.sum()), dtype=torch.int32, device=device)
    pixels_of = np.zeros((len(areas), 256), np.int64)
    boxes = []
    decoded = (picture for part in (_photos(material), iter(extra)) for picture in part)
    for number, picture in enumerate(
        track(decoded, "Photos to the device", total=len(areas), disable=not shown)
    ):
        if picture.labels.shape != tuple(sizes_hw[number]):
            raise SourceUnreadable(
                f"{photos.photos[number].path} has another size than its annotations say.",
                "Do annotations and pictures belong together?",
            )
        flat = torch.from_numpy(picture.rgbx).view(torch.int32).flatten()
        pixels[offsets[number] : offsets[number] + areas[number]].copy_(flat)
        pixels_of[number] = np.bincount(picture.labels.ravel(), minlength=256)
        boxes.append(picture.boxes_xyxy)
    shelf = Shelf(len(photos), len(cutouts), offsets, sizes_hw, tuple(boxes), pixels_of)
    return shelf, pixels


def _photos(material: Material) -> Iterator[_Picture]:
    """The photos in their order; few at a time, so that large sets fit."""
    photos = material.photos
    step = 64
    for first in range(0, len(photos), step):
        numbers = range(first, min(first + step, len(photos)))
        yield from _decode(lambda i: _with_labels(photos[i]), numbers)


def _decode(load: Callable[[int], _Picture], numbers: range) -> list[_Picture]:
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(load, numbers))


def _with_labels(photo: LabelledPhoto) -> _Picture:
    rgbx = np.concatenate([photo.image_rgb, photo.labels[..., None]], axis=2)
    return _Picture(rgbx, photo.labels, photo.boxes_xyxy)


def _with_opacity(rgba: UInt8Array) -> _Picture:
    person = cutout_as_photo(rgba)
    return _Picture(rgba, person.labels, person.boxes_xyxy)
