"""Which crops make up which batch: a pure function of (seed, batch number).

A run that is resumed, or spread over several processes, therefore sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from torch.utils.data import Dataset

from engine.errors import ConfigError
from engine.training.augment import (
    Affine,
    AugmentOptions,
    Crop,
    cutout_as_photo,
    draw_cutout_geometry,
    draw_geometry,
    paste_people,
    warp,
)
from engine.training.cache import PhotoStore
from engine.training.dataset import LabelledPhoto, read_picture
from engine.training.photometric import disturb
from engine.training.targets import TargetBatch, collate
from engine.types import Float32Array


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Size and shape of the batches.

    long_sides: one is drawn per batch (16·k + 1 each). landscape: short over long side; a
    batch is landscape, portrait or square as its photos are. square_share: batches of
    square crops. room_share: crops that show cut-out people before an empty room.
    """

    size: int = 8
    long_sides: tuple[int, ...] = (481,)
    short_over_long: float = 0.75
    square_share: float = 0.1
    room_share: float = 0.1

    def __post_init__(self) -> None:
        for side in self.long_sides:
            if side % 16 != 1:
                raise ConfigError(f"Crop side {side} is not 16·k + 1.", "Use e.g. 417, 481 or 801.")


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One batch: its number, the size of its crops, and the photos they are cut from."""

    number: int
    crop_hw: tuple[int, int]
    photos: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Everything crops are made of; cutouts are RGBA and rooms RGB file paths."""

    photos: PhotoStore
    cutouts: tuple[Path, ...] = ()
    rooms: tuple[Path, ...] = ()


class _Pool:
    """Photo numbers in a new random order each round."""

    def __init__(self, members: list[int], seed: tuple[int, ...]) -> None:
        self._members, self._seed, self._taken = np.array(members), seed, 0
        self._order: list[int] = []

    def take(self, count: int) -> tuple[int, ...]:
        taken = []
        for _ in range(count):
            place = self._taken % len(self._members)
            if place == 0:
                rng = np.random.default_rng((*self._seed, self._taken))
                self._order = [int(i) for i in rng.permutation(self._members)]
            taken.append(self._order[place])
            self._taken += 1
        return tuple(taken)


def plan_batches(photos: PhotoStore, options: BatchOptions, seed: int) -> Iterator[BatchPlan]:
    """All batches of a run, without end. Square crops take photos of both orientations."""
    wide = [i for i, p in enumerate(photos.photos) if p.size_hw[1] >= p.size_hw[0]]
    tall = [i for i, p in enumerate(photos.photos) if p.size_hw[1] < p.size_hw[0]]
    if not photos.photos:
        raise ConfigError("There is no photo to train on.", "Check the data folder.")
    pools = {
        "wide": _Pool(wide or tall, (seed, 1)),
        "tall": _Pool(tall or wide, (seed, 2)),
        "square": _Pool(wide + tall, (seed, 3)),
    }
    wide_share = len(wide) / len(photos.photos)
    number = 0
    while True:
        rng = np.random.default_rng((seed, 0, number))
        long = int(rng.choice(options.long_sides))
        short = round((long - 1) * options.short_over_long / 16) * 16 + 1
        kind = "wide" if rng.random() < wide_share else "tall"
        kind = "square" if rng.random() < options.square_share else kind
        crop_hw = {"wide": (short, long), "tall": (long, short), "square": (long, long)}[kind]
        yield BatchPlan(number, crop_hw, pools[kind].take(options.size))
        number += 1


@dataclass(frozen=True, slots=True, eq=False)
class CropMaker:
    """Makes the crops of a batch plan."""

    material: Material
    batch: BatchOptions
    augment: AugmentOptions
    seed: int

    def make(self, plan: BatchPlan, place: int) -> Crop:
        """The crop at `place` of the batch; the same every time."""
        rng = np.random.default_rng((self.seed, 4, plan.number, place))
        in_room = bool(self.material.rooms) and rng.random() < self.batch.room_share
        if in_room:
            room = read_picture(self.material.rooms[rng.integers(len(self.material.rooms))])
            room = room[:, ::-1] if rng.random() < 0.5 else room
            photo = LabelledPhoto(
                np.ascontiguousarray(room),
                np.zeros(room.shape[:2], np.uint8),
                np.zeros((0, 4), np.float32),
                np.zeros(0, np.bool_),
            )
        else:
            photo = self.material.photos[plan.photos[place]]
        matrix = (
            _cover(photo, plan.crop_hw)
            if in_room
            else draw_geometry(photo, plan.crop_hw, self.augment, rng)
        )
        crop = warp(photo, matrix, plan.crop_hw)
        if in_room:
            for _ in range(int(rng.choice(5, p=(0.1, 0.3, 0.3, 0.2, 0.1)))):
                crop = self._paste_cutout(crop, rng, on_floor=rng.random() < 0.6)
        elif rng.random() < self.augment.paste:
            crop = self._paste(crop, rng)
        image = disturb(crop.image_rgb, self.augment, rng)
        return Crop(image, crop.labels, crop.boxes_xyxy, crop.exact)

    def _paste(self, crop: Crop, rng: np.random.Generator) -> Crop:
        """Either one or two cut-outs, or people of another photo as they stand there."""
        if self.material.cutouts and rng.random() < 0.5:
            for _ in range(int(rng.integers(1, 3))):
                crop = self._paste_cutout(crop, rng, on_floor=rng.random() < 0.4)
            return crop
        photo = self.material.photos[int(rng.integers(len(self.material.photos)))]
        if not photo.exact.any():
            return crop
        crop_hw = (crop.labels.shape[0], crop.labels.shape[1])
        other = warp(photo, draw_geometry(photo, crop_hw, self.augment, rng), crop_hw)
        usable = np.flatnonzero(other.exact & ~np.isnan(other.boxes_xyxy[:, 0]))
        chosen = rng.permutation(usable)[: int(rng.integers(1, 4))]
        return paste_people(crop, other, np.ones(crop_hw, np.float32), chosen)

    def _paste_cutout(self, crop: Crop, rng: np.random.Generator, on_floor: bool) -> Crop:
        cutouts = self.material.cutouts
        rgba = read_picture(cutouts[rng.integers(len(cutouts))], alpha=True)
        person, alpha = cutout_as_photo(rgba)
        crop_hw = (crop.labels.shape[0], crop.labels.shape[1])
        matrix = draw_cutout_geometry(person.labels.shape, crop_hw, on_floor, rng)
        opacity: Float32Array = np.asarray(cv2.warpAffine(alpha, matrix, crop_hw[::-1]), np.float32)
        return paste_people(crop, warp(person, matrix, crop_hw), opacity, np.zeros(1, np.int64))


def _cover(photo: LabelledPhoto, crop_hw: tuple[int, int]) -> Affine:
    """Matrix under which the photo just covers the crop, middle on middle."""
    size_hw = photo.labels.shape
    scale = max((crop_hw[0] - 1) / (size_hw[0] - 1), (crop_hw[1] - 1) / (size_hw[1] - 1))
    offset_x = (crop_hw[1] - 1 - scale * (size_hw[1] - 1)) / 2
    offset_y = (crop_hw[0] - 1 - scale * (size_hw[0] - 1)) / 2
    return np.array([[scale, 0.0, offset_x], [0.0, scale, offset_y]])


@dataclass(frozen=True, eq=False)
class BatchDataset(Dataset[TargetBatch]):
    """Batches by plan; the loader's sampler yields the plans, one worker makes one batch."""

    maker: CropMaker

    def __getitem__(self, plan: BatchPlan) -> TargetBatch:
        cv2.setNumThreads(1)
        return collate([self.maker.make(plan, place) for place in range(len(plan.photos))])
