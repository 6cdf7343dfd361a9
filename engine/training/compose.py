"""From decoded photos to a training crop, with OpenCV: warped, people pasted in front.

Coordinates are index coordinates of the crop (see `engine.types`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from engine.training.augment import Affine, blur_before, map_boxes, scale_of
from engine.training.dataset import IGNORE, MAX_PERSON_LABEL, LabelledPhoto
from engine.types import Float32Array, UInt8Array

PADDING_GREY = 127

VISIBLE_SHARE = 0.97
"""A person keeps the annotated box while at least this share of the mask is in the crop."""

MIN_VISIBLE_PX = 24
"""People with fewer visible pixels get no box; their pixels are not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A training picture with its people.

    image_rgb: (H, W, 3) uint8. labels: (H, W) uint8 as in `LabelledPhoto`. boxes_xyxy:
    (P, 4) float32, what is visible of each person; NaN where a person has no box target.
    """

    image_rgb: UInt8Array
    labels: UInt8Array
    boxes_xyxy: Float32Array


def warp(photo: LabelledPhoto, matrix: Affine, crop_hw: tuple[int, int]) -> Crop:
    """The photo seen through `matrix`; outside it is grey and not judged.

    A person that stays whole and upright keeps the mapped annotated box; one that is cut
    or turned gets the extent of the visible mask.
    """
    size_wh = crop_hw[::-1]
    image = photo.image_rgb
    if sigma := blur_before(matrix):
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    image = np.asarray(
        cv2.warpAffine(
            image, matrix, size_wh, flags=cv2.INTER_LINEAR, borderValue=(PADDING_GREY,) * 3
        ),
        np.uint8,
    )
    labels = np.asarray(
        cv2.warpAffine(
            photo.labels, matrix, size_wh, flags=cv2.INTER_NEAREST, borderValue=(IGNORE,)
        ),
        np.uint8,
    )
    counts = np.bincount(photo.labels.ravel(), minlength=256).astype(np.float64)
    expected = counts * scale_of(matrix) ** 2
    boxes = map_boxes(photo.boxes_xyxy, matrix, crop_hw)
    return _with_visible_boxes(image, labels, boxes, len(photo.exact), expected)


def _with_visible_boxes(
    image: UInt8Array,
    labels: UInt8Array,
    boxes_xyxy: Float32Array | None,
    people: int,
    expected: npt.NDArray[np.float64],
) -> Crop:
    """Boxes of what is left of each person; `expected`: pixels each label should have."""
    result = np.full((people, 4), np.nan, np.float32)
    counts = np.bincount(labels.ravel(), minlength=256)
    extents = mask_extents(labels, people)
    drop = np.zeros(256, np.bool_)
    for i in range(people):
        count = counts[i + 1]
        if count < MIN_VISIBLE_PX:
            drop[i + 1] = count > 0
        elif boxes_xyxy is not None and count >= VISIBLE_SHARE * expected[i + 1]:
            result[i] = boxes_xyxy[i]
        else:
            result[i] = extents[i]
    if drop.any():
        labels = np.where(drop[labels], np.uint8(IGNORE), labels)
    return Crop(image, labels, result)


def mask_extents(labels: UInt8Array, people: int) -> Float32Array:
    """(people, 4) boxes around labels 1..people, edges at ±0.5; NaN where one is absent."""
    boxes = np.full((people, 4), np.nan, np.float32)
    for i, found in enumerate(find_objects(labels, people) if people else []):
        if found is not None:
            rows, columns = found
            boxes[i] = columns.start, rows.start, columns.stop, rows.stop
    return boxes - np.float32(0.5)


def paste_people(
    crop: Crop, people: Crop, alpha: Float32Array, chosen: npt.NDArray[np.int64]
) -> Crop:
    """Put the people numbered `chosen` of a second crop in front of the first.

    alpha: (H, W) float32, opacity of the second crop's picture. Who ends up hidden in part
    gets the box of the visible rest, who ends up hidden gets none.
    """
    room = MAX_PERSON_LABEL - len(crop.boxes_xyxy)
    chosen = chosen[: max(0, room)]
    on_top = np.zeros(256, np.uint8)
    on_top[chosen + 1] = len(crop.boxes_xyxy) + 1 + np.arange(len(chosen))
    added = on_top[people.labels]
    if not added.any():
        return crop
    weight = (alpha * cv2.GaussianBlur((added > 0).astype(np.float32), (3, 3), 0))[..., None]
    image = crop.image_rgb + weight * (people.image_rgb.astype(np.float32) - crop.image_rgb)
    before = np.bincount(crop.labels.ravel(), minlength=256).astype(np.float64)
    labels = np.where(added > 0, added, crop.labels)
    boxes = np.concatenate([crop.boxes_xyxy, people.boxes_xyxy[chosen]])
    before[on_top[chosen + 1]] = 0  # in front: never hidden
    return _with_visible_boxes(image.astype(np.uint8), labels, boxes, len(boxes), before)
