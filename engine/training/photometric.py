"""What cameras do to a picture: exposure, colour cast, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from engine.training.augment import AugmentOptions
from engine.types import UInt8Array


def disturb(image_rgb: UInt8Array, options: AugmentOptions, rng: np.random.Generator) -> UInt8Array:
    """Random colour, low light and degradation of an (H, W, 3) uint8 picture."""
    if rng.random() < options.colour:
        image_rgb = _shift_colour(image_rgb, rng)
    if rng.random() < options.low_light:
        image_rgb = _dim(image_rgb, rng)
    if rng.random() < options.degrade:
        step = (_blur, _motion_blur, _add_noise, _compress)[rng.integers(4)]
        image_rgb = step(image_rgb, rng)
    return image_rgb


def _shift_colour(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Gamma, contrast, brightness and a cast per channel through one lookup table."""
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.uniform(-0.25, 0.25))
    cast = rng.uniform(0.92, 1.08, 3)
    contrast, brightness = rng.uniform(0.75, 1.25), rng.uniform(-0.1, 0.1)
    table = ((levels**gamma * cast - 0.5) * contrast + 0.5 + brightness) * 255
    table = np.clip(table, 0, 255).astype(np.uint8).reshape(1, 256, 3)
    image = np.asarray(cv2.LUT(image_rgb, table), np.uint8)
    saturation = rng.uniform(0.0, 1.35) if rng.random() < 0.3 else 1.0
    if saturation != 1.0:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        image = np.asarray(cv2.addWeighted(image, saturation, grey, 1 - saturation, 0), np.uint8)
    return image


def _dim(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    dark = (image_rgb * np.float32(rng.uniform(0.15, 0.5))).astype(np.uint8)
    return _add_noise(dark, rng)


def _blur(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    return np.asarray(cv2.GaussianBlur(image_rgb, (0, 0), rng.uniform(0.6, 2.0)), np.uint8)


def _motion_blur(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    length = int(rng.integers(3, 12))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    end = np.array([np.cos(angle), np.sin(angle)]) * middle
    start_xy = (round(middle - end[0]), round(middle - end[1]))
    end_xy = (round(middle + end[0]), round(middle + end[1]))
    cv2.line(kernel, start_xy, end_xy, 1.0)
    return np.asarray(cv2.filter2D(image_rgb, -1, kernel / kernel.sum()), np.uint8)


def _add_noise(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    noise = rng.standard_normal(image_rgb.shape, np.float32) * np.float32(rng.uniform(3, 14))
    return np.clip(image_rgb + noise, 0, 255).astype(np.uint8)


def _compress(image_rgb: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    quality = int(rng.integers(12, 60))
    _, data = cv2.imencode(".jpg", image_rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)
