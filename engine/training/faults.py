"""Which faults of cameras a crop gets: exposure, colour cast, blur, noise, JPEG.

Drawn here; `engine.training.photometric` carries them out with OpenCV,
`engine.training.on_device.faults` with PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.training.augment import AugmentOptions
from engine.types import Float32Array, UInt8Array


@dataclass(frozen=True, slots=True)
class Noise:
    """Gaussian noise. strength: standard deviation in grey levels."""

    strength: float
    seed: int


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur. sigma: in pixels."""

    sigma: float


@dataclass(frozen=True, slots=True, eq=False)
class MotionBlur:
    """kernel: (K, K) float32 of sum 1, K of 3 to 11."""

    kernel: Float32Array


@dataclass(frozen=True, slots=True)
class Jpeg:
    """JPEG compression with 4:2:0 chroma. quality: libjpeg's, 1..100."""

    quality: int


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """table: (256, 3) uint8, new level of each old one per channel. saturation: 1 keeps it."""

    table: UInt8Array
    saturation: float


@dataclass(frozen=True, slots=True)
class LowLight:
    """factor: on every level, below 1. noise: on top."""

    factor: float
    noise: Noise


@dataclass(frozen=True, slots=True, eq=False)
class Faults:
    """The faults of one crop, in the order in which they happen."""

    colour: Colour | None = None
    low_light: LowLight | None = None
    degradation: Blur | MotionBlur | Noise | Jpeg | None = None


def draw_faults(options: AugmentOptions, rng: np.random.Generator) -> Faults:
    """Random colour, low light and degradation."""
    colour = _draw_colour(rng) if rng.random() < options.colour else None
    low_light = None
    if rng.random() < options.low_light:
        low_light = LowLight(rng.uniform(0.15, 0.5), _draw_noise(rng))
    degradation: Blur | MotionBlur | Noise | Jpeg | None = None
    if rng.random() < options.degrade:
        draw = (_draw_blur, _draw_motion_blur, _draw_noise, _draw_jpeg)[rng.integers(4)]
        degradation = draw(rng)
    return Faults(colour, low_light, degradation)


def _draw_colour(rng: np.random.Generator) -> Colour:
    """Gamma, contrast, brightness and a cast per channel."""
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.uniform(-0.25, 0.25))
    cast = rng.uniform(0.92, 1.08, 3)
    contrast, brightness = rng.uniform(0.75, 1.25), rng.uniform(-0.1, 0.1)
    table = ((levels**gamma * cast - 0.5) * contrast + 0.5 + brightness) * 255
    saturation = rng.uniform(0.0, 1.35) if rng.random() < 0.3 else 1.0
    return Colour(np.clip(table, 0, 255).astype(np.uint8), saturation)


def _draw_noise(rng: np.random.Generator) -> Noise:
    return Noise(rng.uniform(3, 14), int(rng.integers(2**62)))


def _draw_blur(rng: np.random.Generator) -> Blur:
    return Blur(rng.uniform(0.6, 2.0))


def _draw_motion_blur(rng: np.random.Generator) -> MotionBlur:
    length = int(rng.integers(3, 12))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    end = np.array([np.cos(angle), np.sin(angle)]) * middle
    start_xy = (round(middle - end[0]), round(middle - end[1]))
    end_xy = (round(middle + end[0]), round(middle + end[1]))
    cv2.line(kernel, start_xy, end_xy, 1.0)
    return MotionBlur(kernel / kernel.sum())


def _draw_jpeg(rng: np.random.Generator) -> Jpeg:
    return Jpeg(int(rng.integers(12, 60)))
