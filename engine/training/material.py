"""Everything that crops are made of: annotated photos, cut-out people, empty rooms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.training.cache import PhotoStore
from engine.training.compose import mask_extents
from engine.training.dataset import LabelledPhoto, read_picture, shrunk_size
from engine.types import UInt8Array


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """cutouts: RGBA files of one person each. rooms: RGB files without people."""

    photos: PhotoStore
    cutouts: tuple[Path, ...] = ()
    rooms: tuple[Path, ...] = ()

    def cutout(self, number: int) -> UInt8Array:
        """(H, W, 4) uint8 RGBA. Raises `SourceUnreadable`."""
        return read_picture(self.cutouts[number], alpha=True)

    def room(self, number: int) -> LabelledPhoto:
        """A room as a photo of nobody, as large as photos may be. Raises `SourceUnreadable`."""
        room = read_picture(self.rooms[number])
        size_hw = shrunk_size((room.shape[0], room.shape[1]), self.photos.long_side)
        if size_hw != room.shape[:2]:
            room = np.asarray(cv2.resize(room, size_hw[::-1], interpolation=cv2.INTER_AREA))
        nobody = np.zeros((0, 4), np.float32)
        return LabelledPhoto(room, np.zeros(size_hw, np.uint8), nobody, np.zeros(0, np.bool_))


def cutout_as_photo(cutout_rgba: UInt8Array) -> LabelledPhoto:
    """A cut-out as a photo with one person, who is where it is more opaque than not."""
    labels = (cutout_rgba[..., 3] >= 128).astype(np.uint8)
    image_rgb = np.ascontiguousarray(cutout_rgba[..., :3])
    return LabelledPhoto(image_rgb, labels, mask_extents(labels, 1), np.ones(1, np.bool_))
