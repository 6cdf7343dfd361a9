"""What a crop is made of, decided before any pixel is touched.

A plan knows sizes and boxes only. `engine.training.samples` carries it out with OpenCV in
the loader's processes, `engine.training.on_device` with PyTorch where the network trains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.training.augment import (
    Affine,
    AugmentOptions,
    CutoutPlace,
    draw_cutout_place,
    draw_geometry,
)
from engine.training.faults import Faults, draw_faults
from engine.training.material import Material
from engine.types import Int64Array

MOST_PASTED = 3


@dataclass(frozen=True, slots=True, eq=False)
class PhotoLayer:
    """A photo that fills the crop. matrix: 2×3, photo to crop."""

    number: int
    matrix: Affine


@dataclass(frozen=True, slots=True)
class RoomLayer:
    """An empty room that just covers the crop."""

    number: int
    mirrored: bool


@dataclass(frozen=True, slots=True, eq=False)
class PeopleLayer:
    """People of another photo, as they stand there.

    order: their numbers, best first. most: that many of those who are visible are pasted.
    """

    number: int
    matrix: Affine
    order: Int64Array
    most: int


@dataclass(frozen=True, slots=True)
class CutoutLayer:
    """One cut-out person."""

    number: int
    place: CutoutPlace


@dataclass(frozen=True, slots=True, eq=False)
class CropPlan:
    """One crop. pasted: each in front of those before it."""

    crop_hw: tuple[int, int]
    ground: PhotoLayer | RoomLayer
    pasted: tuple[PeopleLayer | CutoutLayer, ...]
    faults: Faults


def draw_crop(
    material: Material,
    photo: int,
    crop_hw: tuple[int, int],
    options: AugmentOptions,
    room_share: float,
    rng: np.random.Generator,
) -> CropPlan:
    """A random crop of a photo, or with the chance `room_share` of a room.

    `rng` is the only source of chance, also of the seeds of noise.
    """
    ground: PhotoLayer | RoomLayer
    pasted: tuple[PeopleLayer | CutoutLayer, ...] = ()
    if material.rooms and rng.random() < room_share:
        ground = RoomLayer(int(rng.integers(len(material.rooms))), bool(rng.random() < 0.5))
        count = int(rng.choice(5, p=(0.1, 0.3, 0.3, 0.2, 0.1)))
        pasted = _draw_cutouts(material, crop_hw, count, 0.6, rng)
    else:
        outline = material.photos.outline(photo)
        ground = PhotoLayer(photo, draw_geometry(outline, crop_hw, options, rng))
        if rng.random() < options.paste:
            pasted = _draw_pasted(material, crop_hw, options, rng)
    return CropPlan(crop_hw, ground, pasted, draw_faults(options, rng))


def _draw_pasted(
    material: Material, crop_hw: tuple[int, int], options: AugmentOptions, rng: np.random.Generator
) -> tuple[PeopleLayer | CutoutLayer, ...]:
    """Either one or two cut-outs, or people of another photo whose masks are drawn by hand."""
    if material.cutouts and rng.random() < 0.5:
        return _draw_cutouts(material, crop_hw, int(rng.integers(1, 3)), 0.4, rng)
    number = int(rng.integers(len(material.photos)))
    outline = material.photos.outline(number)
    if not outline.exact.any():
        return ()
    matrix = draw_geometry(outline, crop_hw, options, rng)
    order = rng.permutation(np.flatnonzero(outline.exact))
    return (PeopleLayer(number, matrix, order, int(rng.integers(1, MOST_PASTED + 1))),)


def _draw_cutouts(
    material: Material,
    crop_hw: tuple[int, int],
    count: int,
    floor_share: float,
    rng: np.random.Generator,
) -> tuple[CutoutLayer, ...]:
    layers = []
    for _ in range(count):
        on_floor = bool(rng.random() < floor_share)
        number = int(rng.integers(len(material.cutouts)))
        layers.append(CutoutLayer(number, draw_cutout_place(crop_hw, on_floor, rng)))
    return tuple(layers)
