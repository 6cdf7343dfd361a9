"""The room of the demo scene: painted at run time, slightly out of focus like a backdrop."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import Float32Array, UInt8Array

FOCUS_SIGMA = 0.0035
"""Softness of the room, as a share of its height."""

GRAIN = 1.6
"""Standard deviation of the film grain, grey levels."""


def paint_room(size_hw: tuple[int, int]) -> UInt8Array:
    """(H, W, 3) uint8: a wall with evening light, a window, a picture, shelf and plant."""
    height, width = size_hw
    random = np.random.default_rng(7)
    room = _wall(height, width)
    _window(room, random)
    _picture(room)
    _shelf(room, random)
    _plant(room, random)
    soft = cv2.GaussianBlur(room, (0, 0), max(0.6, FOCUS_SIGMA * height))
    lit = soft * _light(height, width)
    lit += random.normal(0, GRAIN, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(np.rint(lit), 0, 255), np.uint8)


def _wall(height: int, width: int) -> Float32Array:
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    top, bottom = np.array([176, 184, 186]), np.array([138, 150, 156])
    wall = np.broadcast_to(top * (1 - y) + bottom * y, (height, width, 3))
    room = np.ascontiguousarray(wall, np.float32)
    # A panelled lower half gives the wall a scale.
    rail = round(0.66 * height)
    room[rail:] *= 0.90
    _box(room, (0.0, 0.652, 1.0, 0.664), (196, 203, 205))
    for left in np.arange(0.02, 1.0, 0.16):
        _box(room, (left, 0.72, left + 0.13, 1.1), (132, 143, 148))
        _box(room, (left + 0.004, 0.727, left + 0.126, 1.1), (143, 154, 159))
    return room


def _light(height: int, width: int) -> Float32Array:
    """(H, W, 1): brighter beside the window, darker towards the corners."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    glow = np.exp(-(((x - 0.24) / 0.36) ** 2 + ((y - 0.38) / 0.55) ** 2))
    corner = ((x - 0.5) / 0.75) ** 2 + ((y - 0.5) / 0.85) ** 2
    return np.asarray(0.84 + 0.26 * glow - 0.20 * corner, np.float32)[..., None]


def _window(room: Float32Array, random: np.random.Generator) -> None:
    _box(room, (0.055, 0.05, 0.315, 0.60), (214, 220, 222))
    height, width = room.shape[:2]
    x0, x1 = round(0.067 * width), round(0.303 * width)
    y0, y1 = round(0.07 * height), round(0.575 * height)
    y = np.linspace(0, 1, y1 - y0, dtype=np.float32)[:, None, None]
    sky, haze = np.array([238, 214, 186]), np.array([214, 226, 240])
    view = np.ascontiguousarray(np.broadcast_to(sky * (1 - y) + haze * y, (y1 - y0, x1 - x0, 3)))
    view = view.astype(np.float32)
    for _ in range(26):  # trees far below, out of focus
        cx, cy = random.uniform(0, 1), random.uniform(0.72, 1.05)
        radius = random.uniform(0.05, 0.13) * (x1 - x0)
        green = np.array([92, 138, 112]) * random.uniform(0.75, 1.2)
        centre = (round(cx * (x1 - x0)), round(cy * (y1 - y0)))
        cv2.circle(view, centre, round(radius), green.tolist(), -1, cv2.LINE_AA)
    room[y0:y1, x0:x1] = cv2.GaussianBlur(view, (0, 0), 0.012 * height)
    _box(room, (0.180, 0.05, 0.190, 0.60), (206, 212, 214))
    _box(room, (0.055, 0.300, 0.315, 0.314), (206, 212, 214))
    _box(room, (0.045, 0.590, 0.325, 0.615), (222, 227, 228))


def _picture(room: Float32Array) -> None:
    _box(room, (0.452, 0.115, 0.598, 0.435), (120, 132, 138))  # its shadow
    _box(room, (0.445, 0.10, 0.59, 0.42), (52, 62, 70))
    _box(room, (0.453, 0.114, 0.582, 0.406), (226, 232, 234))
    _box(room, (0.468, 0.142, 0.567, 0.378), (188, 196, 178))
    height, width = room.shape[:2]
    discs = ((0.505, 0.235, 0.042, (96, 132, 214)), (0.535, 0.300, 0.030, (128, 104, 58)))
    for x, y, radius, colour in discs:
        centre = (round(x * width), round(y * height))
        cv2.circle(room, centre, round(radius * height * 1.2), colour, -1, cv2.LINE_AA)


def _shelf(room: Float32Array, random: np.random.Generator) -> None:
    palette = ((84, 92, 150), (128, 110, 66), (92, 136, 160), (70, 84, 78), (150, 158, 168))
    for top in (0.20, 0.43):
        x = 0.70
        while x < 0.90:
            thick, tall = random.uniform(0.008, 0.017), random.uniform(0.10, 0.155)
            colour = np.array(palette[random.integers(len(palette))]) * random.uniform(0.8, 1.15)
            if random.random() > 0.12:
                _box(room, (x, top - tall, x + thick, top), tuple(colour.tolist()))
            x += thick + 0.0012
        _box(room, (0.685, top, 0.935, top + 0.017), (86, 112, 142))
        _box(room, (0.69, top + 0.017, 0.935, top + 0.032), (126, 138, 143))


def _plant(room: Float32Array, random: np.random.Generator) -> None:
    height, width = room.shape[:2]
    for _ in range(34):
        angle = random.uniform(-160, -20)
        length = random.uniform(0.05, 0.14) * height
        root = np.array([0.955 * width, 0.56 * height])
        tip = root + length * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        middle = tuple(np.rint((root + tip) / 2).astype(int).tolist())
        green = (np.array([62, 108, 78]) * random.uniform(0.7, 1.25)).tolist()
        axes = (round(length / 2), max(1, round(length / 9)))
        cv2.ellipse(room, middle, axes, angle, 0, 360, green, -1, cv2.LINE_AA)
    _box(room, (0.932, 0.55, 0.978, 0.652), (122, 148, 186))


def _box(
    room: Float32Array,
    share_xyxy: tuple[float, float, float, float],
    colour_bgr: tuple[float, ...],
) -> None:
    """Fill a box given in shares of width and height."""
    height, width = room.shape[:2]
    x0, y0, x1, y1 = share_xyxy
    rows = slice(round(y0 * height), round(y1 * height))
    room[rows, round(x0 * width) : round(x1 * width)] = colour_bgr
