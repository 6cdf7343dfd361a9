"""What crops may look like, and the random geometry of their parts.

Everything draws from the generator it is given and knows sizes and boxes, not pixels.
Coordinates are index coordinates of the crop (see `engine.types`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from engine.training.dataset import Outline
from engine.types import Float32Array

Affine = npt.NDArray[np.float64]

SHARPEST_SHRINK = 0.6
"""Pictures that are shrunk further are blurred before: bilinear sampling would alias."""


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


def draw_geometry(
    photo: Outline,
    crop_hw: tuple[int, int],
    options: AugmentOptions,
    rng: np.random.Generator,
) -> Affine:
    """A random 2×3 map from photo to crop index coordinates."""
    height, width = photo.size_hw
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
    photo: Outline, crop_wh: npt.NDArray[np.float64], scale: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Photo point to bring to the middle of the crop.

    The middle of the photo along an axis that fits; else a random place, most often inside
    a random person, but never so that the crop looks past the photo's edge.
    """
    size_wh = np.array(photo.size_hw[::-1], np.float64)
    if len(photo.boxes_xyxy) and rng.random() < 0.8:
        x1, y1, x2, y2 = photo.boxes_xyxy[rng.integers(len(photo.boxes_xyxy))]
        point = np.array([rng.uniform(x1, x2), rng.uniform(y1, y2)])
    else:
        point = rng.uniform(0, 1, 2) * (size_wh - 1)
    half = (crop_wh - 1) / 2 / scale
    margin = np.minimum(half, (size_wh - 1) / 2)
    return np.asarray(np.clip(point, margin, size_wh - 1 - margin), np.float64)


@dataclass(frozen=True, slots=True)
class CutoutPlace:
    """Where a cut-out stands in a crop, whatever its own size: in crop pixels.

    bottom: where its lower edge lies, from the upper edge of the crop.
    """

    height: float
    middle_x: float
    bottom: float
    mirrored: bool

    def matrix(self, cutout_hw: tuple[int, int]) -> Affine:
        """2×3 map from a cut-out of that size to the crop."""
        scale = self.height / cutout_hw[0]
        across = -scale if self.mirrored else scale
        offset_x = self.middle_x - across * (cutout_hw[1] - 1) / 2
        return np.array([[across, 0.0, offset_x], [0.0, scale, self.bottom - self.height]])


def draw_cutout_place(
    crop_hw: tuple[int, int], on_floor: bool, rng: np.random.Generator
) -> CutoutPlace:
    """Random place and size for a cut-out: 0.25 to 1.3 crop heights tall.

    on_floor: the lower edge lies below the crop's, as for someone at a webcam.
    """
    height = crop_hw[0] * math.exp(rng.uniform(math.log(0.25), math.log(1.3)))
    if on_floor:
        height = crop_hw[0] * rng.uniform(0.5, 1.2)
    mirrored = bool(rng.random() < 0.5)
    middle_x = rng.uniform(0.05, 0.95) * crop_hw[1]
    bottom = crop_hw[0] + rng.uniform(0.0, 0.15) * height
    if not on_floor:
        bottom = crop_hw[0] * rng.uniform(0.6, 1.05) + max(0.0, height - crop_hw[0]) * 0.7
    return CutoutPlace(height, middle_x, bottom, mirrored)


def cover(size_hw: tuple[int, int], crop_hw: tuple[int, int], mirrored: bool) -> Affine:
    """Matrix under which a picture just covers the crop, middle on middle."""
    scale = max((crop_hw[0] - 1) / (size_hw[0] - 1), (crop_hw[1] - 1) / (size_hw[1] - 1))
    across = -scale if mirrored else scale
    offset_x = (crop_hw[1] - 1 - across * (size_hw[1] - 1)) / 2
    offset_y = (crop_hw[0] - 1 - scale * (size_hw[0] - 1)) / 2
    return np.array([[across, 0.0, offset_x], [0.0, scale, offset_y]])


def scale_of(matrix: Affine) -> float:
    """Crop pixels per picture pixel."""
    return math.sqrt(abs(np.linalg.det(matrix[:, :2])))


def blur_before(matrix: Affine) -> float:
    """Standard deviation, in picture pixels, of the blur before sampling; 0 for none."""
    scale = scale_of(matrix)
    return 0.35 / scale if scale < SHARPEST_SHRINK else 0.0


def map_boxes(
    boxes_xyxy: Float32Array, matrix: Affine, crop_hw: tuple[int, int]
) -> Float32Array | None:
    """Boxes (P, 4) seen through `matrix`, cut at the crop's edge; None where it turns them."""
    if abs(matrix[0, 1]) >= 1e-9:
        return None
    corners = boxes_xyxy.reshape(-1, 2, 2).astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    mapped = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    limit = np.array([crop_hw[1] - 0.5, crop_hw[0] - 0.5] * 2)
    return np.asarray(np.clip(mapped, -0.5, limit), np.float32)
