"""Short clips in which it is known who is where: people pasted into a room, walking by a plan.

Everybody walks straight from one mark to the next, bobbing and swaying at every step; whose
feet are lower stands in front. A camera may pan and zoom, the light may change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.types import Float32Array, Int64Array, UInt8Array

STEPS_PER_S = 2.0
BOB_SHARE = 0.012
"""Of the height, up at every step."""

SWAY_RAD = 0.035


@dataclass(frozen=True, slots=True)
class Mark:
    """Where somebody is at a time: the middle of the feet and the height, in scene pixels."""

    time_s: float
    x: float
    y: float
    height_px: float


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees at a time: `x`, `y` in the scene at the frame's upper left corner,
    frame pixels per scene pixel, and what the light is multiplied by."""

    time_s: float
    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0
    light: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Walker:
    """picture_bgra: (H, W, 4) uint8, cropped to the person. marks: in the order of time."""

    picture_bgra: UInt8Array
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """room_bgr: (H, W, 3) uint8, as large as the camera ever sees. views: in the order of time."""

    room_bgr: UInt8Array
    walkers: tuple[Walker, ...]
    views: tuple[View, ...] = (View(0.0),)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One frame. labels: (H, W) uint8, 0 nobody, else 1 + the number of the person. whole_px:
    (people,) int64, pixels of each if nothing stood in the way and the frame had no end."""

    labels: UInt8Array
    whole_px: Int64Array

    @property
    def shown_px(self) -> Int64Array:
        """(people,) int64 pixels in sight."""
        return np.bincount(self.labels.ravel(), minlength=len(self.whole_px) + 1)[1:]


def draw(scene: Scene, time_s: float, frame_hw: tuple[int, int]) -> tuple[UInt8Array, Truth]:
    """(H, W, 3) uint8 BGR and who is where in it."""
    x, y, zoom, light = _between(
        [(v.time_s, v.x, v.y, v.zoom, v.light) for v in scene.views], time_s
    )
    to_frame = np.array([[zoom, 0, -x * zoom], [0, zoom, -y * zoom]], np.float32)
    image = cv2.warpAffine(
        scene.room_bgr, to_frame, frame_hw[::-1], borderMode=cv2.BORDER_REFLECT_101
    ).astype(np.float32)
    labels = np.zeros(frame_hw, np.uint8)
    whole_px = np.zeros(len(scene.walkers), np.int64)
    poses = [_pose(walker, time_s) for walker in scene.walkers]
    for i in sorted(range(len(poses)), key=lambda i: poses[i].y):
        picture = scene.walkers[i].picture_bgra
        matrix = _placed(picture, poses[i], (x, y), zoom)
        colours, alpha = _warped(picture, matrix, frame_hw)
        image += colours - alpha[..., None] * image
        labels[alpha >= 0.5] = i + 1
        scale = poses[i].height_px * zoom / picture.shape[0]
        whole_px[i] = round(np.count_nonzero(picture[..., 3] >= 128) * scale**2)
    image_bgr = np.clip(np.rint(image * light), 0, 255).astype(np.uint8)
    return image_bgr, Truth(labels, whole_px)


@dataclass(frozen=True, slots=True)
class _Pose:
    x: float
    y: float
    height_px: float
    lift_px: float
    sway_rad: float


def _pose(walker: Walker, time_s: float) -> _Pose:
    rows = [(m.time_s, m.x, m.y, m.height_px) for m in walker.marks]
    x, y, height_px = _between(rows, time_s)
    later = _between(rows, time_s + 0.05)
    walks = math.hypot(later[0] - x, later[1] - y, later[2] - height_px) > 0.1
    step = math.pi * STEPS_PER_S * time_s if walks else 0.0
    lift_px = BOB_SHARE * height_px * abs(math.sin(step))
    return _Pose(x, y, height_px, lift_px, SWAY_RAD * math.sin(step))


def _between(rows: Sequence[tuple[float, ...]], time_s: float) -> tuple[float, ...]:
    """The columns after the first, which is the time, on the straight line between two rows."""
    table = np.array(rows)
    return tuple(float(np.interp(time_s, table[:, 0], column)) for column in table.T[1:])


def _placed(
    picture: UInt8Array, pose: _Pose, corner_xy: tuple[float, float], zoom: float
) -> Float32Array:
    """(2, 3) from the picture's pixels to the frame's; the feet stay where they are."""
    height, width = picture.shape[:2]
    scale = pose.height_px * zoom / height
    c, s = scale * math.cos(pose.sway_rad), scale * math.sin(pose.sway_rad)
    feet_x, feet_y = (width - 1) / 2, height - 1
    x = (pose.x - corner_xy[0]) * zoom
    y = (pose.y - pose.lift_px - corner_xy[1]) * zoom
    return np.array(
        [[c, -s, x - c * feet_x + s * feet_y], [s, c, y - s * feet_x - c * feet_y]], np.float32
    )


def _warped(
    picture: UInt8Array, matrix: Float32Array, frame_hw: tuple[int, int]
) -> tuple[Float32Array, Float32Array]:
    """Colours multiplied by the opacity (H, W, 3), and that (H, W), 0 where the picture ends."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    layer = np.concatenate([picture[..., :3] * alpha, alpha], axis=2)
    scale = math.hypot(float(matrix[0, 0]), float(matrix[1, 0]))
    if scale < 1:
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.4 / scale), np.float32)
    warped = np.asarray(cv2.warpAffine(layer, matrix, frame_hw[::-1]), np.float32)
    return warped[..., :3], warped[..., 3]
