"""Decoded photos in one memory-mapped file, so that an epoch costs no decoding.

The file is filled on first use and shared by all loader processes through the page cache, also of
other trainings: the first one fills it, and those that come meanwhile wait. Too large a set (all of
COCO) is decoded on the fly instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from rich import print as tell
from rich.progress import track

from engine.training.dataset import (
    LabelledPhoto,
    Outline,
    Photo,
    load_photo,
    outline_photo,
    shrunk_size,
)
from engine.types import UInt8Array

GIB = 2**30


@dataclass(frozen=True, slots=True)
class _Entry:
    offset: int
    size_hw: tuple[int, int]
    boxes_xyxy: list[list[float]]
    exact: list[bool]


class PhotoStore:
    """Labelled photos by index; decodes on the fly.

    long_side: photos are shrunk to at most this many pixels.
    """

    def __init__(self, photos: Sequence[Photo], long_side: int = 640) -> None:
        self.photos = photos
        self.long_side = long_side

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> LabelledPhoto:
        return load_photo(self.photos[index], self.long_side)

    def outline(self, index: int) -> Outline:
        """What is known of a photo without decoding it."""
        return outline_photo(self.photos[index], self.long_side)


class CachedPhotoStore(PhotoStore):
    """The same from a memory-mapped file; images and labels are read-only views."""

    def __init__(self, photos: Sequence[Photo], long_side: int, folder: Path) -> None:
        super().__init__(photos, long_side)
        key = "\n".join(f"{p.path} {p.image_id} {p.annotations}" for p in photos)
        name = hashlib.sha256(f"{long_side}\n{key}".encode()).hexdigest()[:16]
        self._pixels_file = folder / f"{name}.pixels"
        self._index_file = folder / f"{name}.json"
        if not self._index_file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            self._build_once(FileLock(folder / f"{name}.lock"))
        entries = json.loads(self._index_file.read_text())
        self._entries = [_Entry(**{**e, "size_hw": tuple(e["size_hw"])}) for e in entries]
        self._pixels: UInt8Array = np.memmap(self._pixels_file, np.uint8, "r")

    def __getitem__(self, index: int) -> LabelledPhoto:
        entry = self._entries[index]
        height, width = entry.size_hw
        middle = entry.offset + height * width * 3
        outline = self.outline(index)
        return LabelledPhoto(
            self._pixels[entry.offset : middle].reshape(height, width, 3),
            self._pixels[middle : middle + height * width].reshape(height, width),
            outline.boxes_xyxy,
            outline.exact,
        )

    def outline(self, index: int) -> Outline:
        """What is known of a photo without its pixels."""
        entry = self._entries[index]
        boxes_xyxy = np.array(entry.boxes_xyxy, np.float32).reshape(-1, 4)
        return Outline(entry.size_hw, boxes_xyxy, np.array(entry.exact, np.bool_))

    def _build_once(self, lock: FileLock) -> None:
        """Build, unless another training has done so by then. The system frees the lock of one
        that was killed."""
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell("Waiting for another training that decodes the same photos")
            lock.acquire()
        try:
            if not self._index_file.is_file():
                self._build()
        finally:
            lock.release()

    def _build(self) -> None:
        """Whole files come into place, pixels first: a file that somebody has mapped never
        shrinks, and without an index it does not count."""
        entries: list[_Entry] = []
        offset = 0
        partial = self._pixels_file.with_suffix(".pixels.part")
        with partial.open("wb") as file, ThreadPoolExecutor(2) as pool:
            loaded = pool.map(super().__getitem__, range(len(self)))
            for photo in track(loaded, "Decoding photos", total=len(self)):
                height, width = photo.labels.shape
                boxes = [[float(v) for v in box] for box in photo.boxes_xyxy]
                exact = [bool(v) for v in photo.exact]
                entries.append(_Entry(offset, (height, width), boxes, exact))
                file.write(photo.image_rgb.tobytes())
                file.write(photo.labels.tobytes())
                offset += height * width * 4
        partial.replace(self._pixels_file)
        partial = self._index_file.with_suffix(".json.part")
        partial.write_text(json.dumps([asdict(entry) for entry in entries]))
        partial.replace(self._index_file)


def open_photos(
    photos: Sequence[Photo], folder: Path, long_side: int = 640, limit_gib: float = 12.0
) -> PhotoStore:
    """Cached where the decoded photos need at most `limit_gib`, else decoded on the fly."""
    total = sum(4 * h * w for h, w in (shrunk_size(p.size_hw, long_side) for p in photos))
    if total > limit_gib * GIB:
        return PhotoStore(photos, long_side)
    return CachedPhotoStore(photos, long_side, folder)
