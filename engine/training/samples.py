"""Which crops make up which batch: a pure function of (seed, batch number).

A run that is resumed, or spread over several processes, therefore sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from torch.utils.data import Dataset

from engine.errors import ConfigError
from engine.training.augment import AugmentOptions, cover
from engine.training.cache import PhotoStore
from engine.training.compose import Crop, paste_people, warp
from engine.training.crop_plan import (
    CropPlan,
    CutoutLayer,
    PeopleLayer,
    PhotoLayer,
    draw_crop,
)
from engine.training.material import Material, cutout_as_photo
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
    """Plans the crops of a batch, and makes them with OpenCV."""

    material: Material
    batch: BatchOptions
    augment: AugmentOptions
    seed: int

    def draw(self, plan: BatchPlan, place: int) -> CropPlan:
        """The plan of the crop at `place` of the batch; the same every time."""
        rng = np.random.default_rng((self.seed, 4, plan.number, place))
        share = self.batch.room_share
        photo = plan.photos[place]
        return draw_crop(self.material, photo, plan.crop_hw, self.augment, share, rng)

    def make(self, plan: BatchPlan, place: int) -> Crop:
        """The crop at `place` of the batch; the same every time."""
        return self.carry_out(self.draw(plan, place))

    def carry_out(self, plan: CropPlan) -> Crop:
        """The crop of a plan."""
        crop = self._ground(plan)
        for layer in plan.pasted:
            crop = self._paste(crop, layer)
        return replace(crop, image_rgb=disturb(crop.image_rgb, plan.faults))

    def _ground(self, plan: CropPlan) -> Crop:
        layer = plan.ground
        if isinstance(layer, PhotoLayer):
            return warp(self.material.photos[layer.number], layer.matrix, plan.crop_hw)
        room = self.material.room(layer.number)
        matrix = cover(room.outline.size_hw, plan.crop_hw, layer.mirrored)
        return warp(room, matrix, plan.crop_hw)

    def _paste(self, crop: Crop, layer: PeopleLayer | CutoutLayer) -> Crop:
        crop_hw = (crop.labels.shape[0], crop.labels.shape[1])
        if isinstance(layer, PeopleLayer):
            people = warp(self.material.photos[layer.number], layer.matrix, crop_hw)
            visible = ~np.isnan(people.boxes_xyxy[layer.order, 0])
            chosen = layer.order[visible][: layer.most]
            return paste_people(crop, people, np.ones(crop_hw, np.float32), chosen)
        rgba = self.material.cutout(layer.number)
        person = cutout_as_photo(rgba)
        matrix = layer.place.matrix(person.outline.size_hw)
        alpha = rgba[..., 3].astype(np.float32) / 255
        opacity: Float32Array = np.asarray(cv2.warpAffine(alpha, matrix, crop_hw[::-1]), np.float32)
        return paste_people(crop, warp(person, matrix, crop_hw), opacity, np.zeros(1, np.int64))


@dataclass(frozen=True, eq=False)
class BatchDataset(Dataset[TargetBatch]):
    """Batches by plan; the loader's sampler yields the plans, one worker makes one batch."""

    maker: CropMaker

    def __getitem__(self, plan: BatchPlan) -> TargetBatch:
        cv2.setNumThreads(1)
        return collate([self.maker.make(plan, place) for place in range(len(plan.photos))])
