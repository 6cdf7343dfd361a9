"""The plans of a batch as a few arrays, so that it takes few transfers to the device.

Packed by the loader's processes as NumPy arrays; `each_array` turns them into tensors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from engine.training.augment import Affine, blur_before, cover, map_boxes, scale_of
from engine.training.crop_plan import CropPlan, CutoutLayer, PeopleLayer, PhotoLayer, RoomLayer
from engine.training.dataset import MAX_PERSON_LABEL
from engine.training.on_device.packed_faults import PackedFaults, gaussian_kernels, pack_faults
from engine.training.on_device.stock import Shelf
from engine.types import Int64Array

Array = TypeVar("Array")
HostArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Layers(Generic[Array]):
    """n pictures, each seen through a matrix on a crop of the batch.

    The first len(kernels) of them are blurred before they are sampled. crops: (n,) int64
    places in the batch. offsets: (n,) int64 and sizes_hw: (n, 2) int64, as on the `Shelf`.
    inverses: (n, 2, 3) float32, crop to picture. kernels: (m, K) float32 one-dimensional
    blurs, K odd. canvas_hw: size of the largest of these m. boxes_xyxy: (n, 256, 4)
    float32 mapped annotated boxes, row = label, NaN where the matrix turns them. expected:
    (n, 256) float32, pixels of each label if all of it is seen. people: (n,) int64, labels
    1..people are people. cutout: (n,) bool, the fourth byte is opacity. order: (n, k)
    int64 labels to paste, best first, filled up with 0. most: (n,) int64, how many of them.
    """

    crops: Array
    offsets: Array
    sizes_hw: Array
    inverses: Array
    kernels: Array
    canvas_hw: tuple[int, int]
    boxes_xyxy: Array
    expected: Array
    people: Array
    cutout: Array
    order: Array
    most: Array


@dataclass(frozen=True, slots=True, eq=False)
class PackedBatch(Generic[Array]):
    """N crops of one size.

    rounds: int64 rows of the layers; first the ground of each crop in the crops' order,
    then what is pasted in front of it, the hindmost first. most_people: no crop gets more.
    """

    crop_hw: tuple[int, int]
    layers: Layers[Array]
    rounds: tuple[Array, ...]
    most_people: int
    faults: PackedFaults[Array]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One picture on one crop. order: labels to paste, best first."""

    crop: int
    picture: int
    matrix: Affine
    order: Int64Array
    most: int


def pack(plans: Sequence[CropPlan], shelf: Shelf) -> PackedBatch[HostArray]:
    """The batch of these plans, which are of one size."""
    crop_hw = plans[0].crop_hw
    rounds = [[_ground(crop, plan, shelf) for crop, plan in enumerate(plans)]]
    rounds += [
        [_pasted(i, plan.pasted[k], shelf) for i, plan in enumerate(plans) if len(plan.pasted) > k]
        for k in range(max(len(plan.pasted) for plan in plans))
    ]
    seen = [layer for layers in rounds for layer in layers]
    blurred_first = np.argsort([not blur_before(layer.matrix) for layer in seen], kind="stable")
    row_of = np.argsort(blurred_first)
    ends = np.cumsum([len(layers) for layers in rounds])
    return PackedBatch(
        crop_hw,
        _layers([seen[i] for i in blurred_first], crop_hw, shelf),
        tuple(np.split(row_of, ends[:-1])),
        _most_people(rounds, shelf),
        pack_faults([plan.faults for plan in plans]),
    )


def each_array(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same with every array changed, in nested dataclasses and tuples."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        changed = {name: each_array(getattr(value, name), change) for name in names}
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(each_array(item, change) for item in value)
    return change(value) if isinstance(value, np.ndarray) else value


def _most_people(rounds: Sequence[Sequence[_Seen]], shelf: Shelf) -> int:
    grounds, *pasted = rounds
    people = [len(shelf.boxes_xyxy[ground.picture]) for ground in grounds]
    for layer in (layer for layers in pasted for layer in layers):
        people[layer.crop] += min(layer.most, len(layer.order))
    return min(max(people), MAX_PERSON_LABEL)


def _ground(crop: int, plan: CropPlan, shelf: Shelf) -> _Seen:
    nobody = np.zeros(0, np.int64)
    layer = plan.ground
    if isinstance(layer, PhotoLayer):
        return _Seen(crop, layer.number, layer.matrix, nobody, 0)
    assert isinstance(layer, RoomLayer)
    picture = shelf.photos + shelf.cutouts + layer.number
    matrix = cover(shelf.size_hw(picture), plan.crop_hw, layer.mirrored)
    return _Seen(crop, picture, matrix, nobody, 0)


def _pasted(crop: int, layer: PeopleLayer | CutoutLayer, shelf: Shelf) -> _Seen:
    if isinstance(layer, PeopleLayer):
        return _Seen(crop, layer.number, layer.matrix, layer.order + 1, layer.most)
    picture = shelf.photos + layer.number
    matrix = layer.place.matrix(shelf.size_hw(picture))
    return _Seen(crop, picture, matrix, np.ones(1, np.int64), 1)


def _layers(seen: Sequence[_Seen], crop_hw: tuple[int, int], shelf: Shelf) -> Layers[HostArray]:
    """`seen` in its order; those to be blurred come first."""
    sigmas = [s for s in (blur_before(layer.matrix) for layer in seen) if s]
    pictures = np.array([layer.picture for layer in seen], np.int64)
    sizes_hw = shelf.sizes_hw[pictures]
    canvas = sizes_hw[: len(sigmas)].max(axis=0) if sigmas else np.zeros(2, np.int64)
    boxes = np.full((len(seen), 256, 4), np.nan, np.float32)
    for i, layer in enumerate(seen):
        mapped = map_boxes(shelf.boxes_xyxy[layer.picture], layer.matrix, crop_hw)
        if mapped is not None:
            boxes[i, 1 : 1 + len(mapped)] = mapped
    scales = np.array([scale_of(layer.matrix) for layer in seen])
    order = np.zeros((len(seen), max(1, max(len(layer.order) for layer in seen))), np.int64)
    for i, layer in enumerate(seen):
        order[i, : len(layer.order)] = layer.order
    inverses = [cv2.invertAffineTransform(layer.matrix) for layer in seen]
    return Layers(
        crops=np.array([layer.crop for layer in seen], np.int64),
        offsets=shelf.offsets[pictures],
        sizes_hw=sizes_hw,
        inverses=np.array(inverses, np.float32),
        kernels=gaussian_kernels(sigmas),
        canvas_hw=(int(canvas[0]), int(canvas[1])),
        boxes_xyxy=boxes,
        expected=(shelf.pixels_of[pictures] * scales[:, None] ** 2).astype(np.float32),
        people=np.array([len(shelf.boxes_xyxy[i]) for i in pictures], np.int64),
        cutout=(pictures >= shelf.photos) & (pictures < shelf.photos + shelf.cutouts),
        order=order,
        most=np.array([layer.most for layer in seen], np.int64),
    )
