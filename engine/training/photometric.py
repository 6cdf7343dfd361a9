"""Carries out what cameras do to a picture, with OpenCV; see `engine.training.faults`."""

from __future__ import annotations

import cv2
import numpy as np

from engine.training.faults import Blur, Colour, Faults, Jpeg, LowLight, MotionBlur, Noise
from engine.types import UInt8Array


def disturb(image_rgb: UInt8Array, faults: Faults) -> UInt8Array:
    """An (H, W, 3) uint8 picture with these faults."""
    if faults.colour is not None:
        image_rgb = _shift_colour(image_rgb, faults.colour)
    if faults.low_light is not None:
        image_rgb = _dim(image_rgb, faults.low_light)
    match faults.degradation:
        case Blur(sigma):
            return np.asarray(cv2.GaussianBlur(image_rgb, (0, 0), sigma), np.uint8)
        case MotionBlur(kernel):
            return np.asarray(cv2.filter2D(image_rgb, -1, kernel), np.uint8)
        case Noise() as noise:
            return _add_noise(image_rgb, noise)
        case Jpeg(quality):
            return _compress(image_rgb, quality)
    return image_rgb


def _shift_colour(image_rgb: UInt8Array, colour: Colour) -> UInt8Array:
    image = np.asarray(cv2.LUT(image_rgb, colour.table.reshape(1, 256, 3)), np.uint8)
    saturation = colour.saturation
    if saturation != 1.0:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        image = np.asarray(cv2.addWeighted(image, saturation, grey, 1 - saturation, 0), np.uint8)
    return image


def _dim(image_rgb: UInt8Array, low_light: LowLight) -> UInt8Array:
    dark = (image_rgb * np.float32(low_light.factor)).astype(np.uint8)
    return _add_noise(dark, low_light.noise)


def _add_noise(image_rgb: UInt8Array, noise: Noise) -> UInt8Array:
    drawn = np.random.default_rng(noise.seed).standard_normal(image_rgb.shape, np.float32)
    return np.clip(image_rgb + drawn * np.float32(noise.strength), 0, 255).astype(np.uint8)


def _compress(image_rgb: UInt8Array, quality: int) -> UInt8Array:
    image_bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
