"""From a decoded photo to a training crop: geometry, pasted people, camera faults.

Everything draws from the generator it is given, so a crop is a function of (photo, seed).
Coordinates are index coordinates of the crop (see `engine.types`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from engine.training.dataset import IGNORE, MAX_PERSON_LABEL, LabelledPhoto
from engine.types import BoolArray, Float32Array, UInt8Array

Affine = npt.NDArray[np.float64]
PADDING_GREY = 127

VISIBLE_SHARE = 0.97
"""A person keeps the annotated box while at least this share of the mask is in the crop."""

MIN_VISIBLE_PX = 24
"""People with fewer visible pixels get no box; their pixels are not judged."""


@dataclass(frozen=True, slots=True)
class AugmentOptions:
    """Ranges of the random geometry and the probabilities of everything else.

    scale: factors on the photo's own size (scale_of "photo", uniform between them) or on
    the size at which its long side fills the crop's ("fit", log-uniform). large_share of
    the crops take `large_scale` instead: close people, cut by the frame. look_around: share
    of the crops that show a random place, mostly a person; the others the photo's middle.
    rotation_deg, translation (share of the crop): uniform, both signs; rotation_share of
    the crops are rotated at all. flip, paste, colour, degrade, low_light: probabilities.
    """

    scale_of: Literal["fit", "photo"] = "fit"
    look_around: float = 1.0
    scale: tuple[float, float] = (0.75, 1.3)
    large_scale: tuple[float, float] = (1.2, 2.2)
    large_share: float = 0.3
    rotation_deg: float = 12.0
    rotation_share: float = 0.25
    translation: float = 0.04
    flip: float = 0.5
    paste: float = 0.35
    colour: float = 0.7
    degrade: float = 0.25
    low_light: float = 0.08


PAPER_AUGMENT = AugmentOptions(
    scale_of="photo",
    look_around=0.0,
    scale=(0.5, 1.5),
    large_share=0.0,
    rotation_deg=15.0,
    rotation_share=1.0,
    translation=0.1,
    flip=0.0,
    paste=0.0,
    colour=0.0,
    degrade=0.0,
    low_light=0.0,
)
"""§4.4: scale 0.5–1.5, rotation up to 15°, translation up to 1/10 of the crop."""


NO_AUGMENT = AugmentOptions(
    scale=(1.0, 1.0),
    large_share=0.0,
    look_around=0.0,
    rotation_share=0.0,
    translation=0.0,
    flip=0.0,
    paste=0.0,
    colour=0.0,
    degrade=0.0,
    low_light=0.0,
)
"""The whole photo as it is, for pictures to look at."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A training picture with its people.

    image_rgb: (H, W, 3) uint8. labels: (H, W) uint8 as in `LabelledPhoto`. boxes_xyxy:
    (P, 4) float32, what is visible of each person; NaN where a person has no box target.
    exact: (P,) bool.
    """

    image_rgb: UInt8Array
    labels: UInt8Array
    boxes_xyxy: Float32Array
    exact: BoolArray


def draw_geometry(
    photo: LabelledPhoto,
    crop_hw: tuple[int, int],
    options: AugmentOptions,
    rng: np.random.Generator,
) -> Affine:
    """A random 2×3 map from photo to crop index coordinates."""
    height, width = photo.labels.shape
    low, high = options.large_scale if rng.random() < options.large_share else options.scale
    if options.scale_of == "photo":
        scale = rng.uniform(low, high)
    else:
        fit = (max(crop_hw) - 1) / (max(height, width) - 1)
        scale = fit * math.exp(rng.uniform(math.log(low), math.log(high)))
    rotated = rng.random() < options.rotation_share
    angle = math.radians(rng.uniform(-1, 1) * options.rotation_deg) if rotated else 0.0
    mirror = -1.0 if rng.random() < options.flip else 1.0
    linear = scale * np.array(
        [
            [mirror * math.cos(angle), -math.sin(angle)],
            [mirror * math.sin(angle), math.cos(angle)],
        ]
    )
    crop_wh = np.array([crop_hw[1], crop_hw[0]], np.float64)
    looked_at = np.array([width - 1, height - 1]) / 2
    if rng.random() < options.look_around:
        looked_at = _point_of_interest(photo, crop_wh, scale, rng)
    shift = rng.uniform(-1, 1, 2) * options.translation * crop_wh
    offset = (crop_wh - 1) / 2 + shift - linear @ looked_at
    return np.column_stack([linear, offset])


def _point_of_interest(
    photo: LabelledPhoto, crop_wh: npt.NDArray[np.float64], scale: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Photo point to bring to the middle of the crop.

    The middle of the photo along an axis that fits; else a random place, most often inside
    a random person, but never so that the crop looks past the photo's edge.
    """
    size_wh = np.array(photo.labels.shape[::-1], np.float64)
    if len(photo.boxes_xyxy) and rng.random() < 0.8:
        x1, y1, x2, y2 = photo.boxes_xyxy[rng.integers(len(photo.boxes_xyxy))]
        point = np.array([rng.uniform(x1, x2), rng.uniform(y1, y2)])
    else:
        point = rng.uniform(0, 1, 2) * (size_wh - 1)
    half = (crop_wh - 1) / 2 / scale
    margin = np.minimum(half, (size_wh - 1) / 2)
    return np.asarray(np.clip(point, margin, size_wh - 1 - margin), np.float64)


def warp(photo: LabelledPhoto, matrix: Affine, crop_hw: tuple[int, int]) -> Crop:
    """The photo seen through `matrix`; outside it is grey and not judged.

    A person that stays whole and upright keeps the mapped annotated box; one that is cut
    or turned gets the extent of the visible mask.
    """
    size_wh = crop_hw[::-1]
    scale = math.sqrt(abs(np.linalg.det(matrix[:, :2])))
    image = photo.image_rgb
    if scale < 0.6:  # bilinear sampling would alias
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 / scale), np.uint8)
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
    upright = abs(matrix[0, 1]) < 1e-9
    expected = np.bincount(photo.labels.ravel(), minlength=256).astype(np.float64) * scale**2
    boxes = _map_boxes(photo.boxes_xyxy, matrix, crop_hw) if upright else None
    return _with_visible_boxes(image, labels, boxes, photo.exact, expected)


def _map_boxes(boxes_xyxy: Float32Array, matrix: Affine, crop_hw: tuple[int, int]) -> Float32Array:
    corners = boxes_xyxy.reshape(-1, 2, 2).astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    mapped = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    limit = np.array([crop_hw[1] - 0.5, crop_hw[0] - 0.5] * 2)
    return np.asarray(np.clip(mapped, -0.5, limit), np.float32)


def _with_visible_boxes(
    image: UInt8Array,
    labels: UInt8Array,
    boxes_xyxy: Float32Array | None,
    exact: BoolArray,
    expected: npt.NDArray[np.float64],
) -> Crop:
    """Boxes of what is left of each person; `expected`: pixels each label should have."""
    result = np.full((len(exact), 4), np.nan, np.float32)
    counts = np.bincount(labels.ravel(), minlength=256)
    extents = mask_extents(labels, len(exact))
    drop = np.zeros(256, np.bool_)
    for i in range(len(exact)):
        count = counts[i + 1]
        if count < MIN_VISIBLE_PX:
            drop[i + 1] = count > 0
        elif boxes_xyxy is not None and count >= VISIBLE_SHARE * expected[i + 1]:
            result[i] = boxes_xyxy[i]
        else:
            result[i] = extents[i]
    if drop.any():
        labels = np.where(drop[labels], np.uint8(IGNORE), labels)
    return Crop(image, labels, result, exact)


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
    room = MAX_PERSON_LABEL - len(crop.exact)
    chosen = chosen[: max(0, room)]
    on_top = np.zeros(256, np.uint8)
    on_top[chosen + 1] = len(crop.exact) + 1 + np.arange(len(chosen))
    added = on_top[people.labels]
    if not added.any():
        return crop
    weight = (alpha * cv2.GaussianBlur((added > 0).astype(np.float32), (3, 3), 0))[..., None]
    image = crop.image_rgb + weight * (people.image_rgb.astype(np.float32) - crop.image_rgb)
    before = np.bincount(crop.labels.ravel(), minlength=256).astype(np.float64)
    labels = np.where(added > 0, added, crop.labels)
    boxes = np.concatenate([crop.boxes_xyxy, people.boxes_xyxy[chosen]])
    exact = np.concatenate([crop.exact, people.exact[chosen]])
    before[on_top[chosen + 1]] = 0  # in front: never hidden
    return _with_visible_boxes(image.astype(np.uint8), labels, boxes, exact, before)


def cutout_as_photo(cutout_rgba: UInt8Array) -> tuple[LabelledPhoto, Float32Array]:
    """A cut-out person as a photo with one person, and its opacity (H, W) float32 in 0..1."""
    alpha = cutout_rgba[..., 3]
    labels = (alpha >= 128).astype(np.uint8)
    boxes = mask_extents(labels, 1)
    image = np.ascontiguousarray(cutout_rgba[..., :3])
    opacity = np.asarray(alpha / 255.0, np.float32)
    return LabelledPhoto(image, labels, boxes, np.ones(1, np.bool_)), opacity


def draw_cutout_geometry(
    cutout_hw: tuple[int, int], crop_hw: tuple[int, int], on_floor: bool, rng: np.random.Generator
) -> Affine:
    """Random place and size for a cut-out: 0.25 to 1.3 crop heights tall.

    on_floor: the lower edge lies below the crop's, as for someone at a webcam.
    """
    height = crop_hw[0] * math.exp(rng.uniform(math.log(0.25), math.log(1.3)))
    if on_floor:
        height = crop_hw[0] * rng.uniform(0.5, 1.2)
    scale = height / cutout_hw[0]
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    middle_x = rng.uniform(0.05, 0.95) * crop_hw[1]
    bottom = crop_hw[0] + rng.uniform(0.0, 0.15) * height
    if not on_floor:
        bottom = crop_hw[0] * rng.uniform(0.6, 1.05) + max(0.0, height - crop_hw[0]) * 0.7
    centre_x = (cutout_hw[1] - 1) / 2
    return np.array(
        [
            [mirror * scale, 0.0, middle_x - mirror * scale * centre_x],
            [0.0, scale, bottom - scale * cutout_hw[0]],
        ]
    )
