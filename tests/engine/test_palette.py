"""Colours of people: far apart, and text can be read on each."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np

from engine.palette import colour_of, text_colour_on


def lab(colour_bgr: tuple[int, int, int]) -> np.ndarray:
    """CIE L*a*b*, another space than the palette is built in."""
    return cv2.cvtColor(np.float32([[colour_bgr]]) / 255, cv2.COLOR_BGR2LAB)[0, 0]


def luminance(colour_bgr: tuple[int, int, int]) -> float:
    linear = (np.array(colour_bgr) / 255) ** 2.2
    return float(linear @ (0.0722, 0.7152, 0.2126))


def test_the_first_twenty_colours_are_far_apart() -> None:
    nearest = min(
        np.linalg.norm(lab(colour_of(a)) - lab(colour_of(b)))
        for a, b in combinations(range(1, 21), 2)
    )
    assert nearest > 15  # 2.3 is a just noticeable difference


def test_any_id_has_a_colour_of_its_own_for_ever() -> None:
    for track_id in (-1, 0, 1, 255, 10**9):
        colour = colour_of(track_id)
        assert colour == colour_of(track_id)
        assert all(0 <= channel <= 255 for channel in colour)


def test_text_reads_on_every_colour() -> None:
    for track_id in range(1, 60):
        ground, ink = luminance(colour_of(track_id)), luminance(text_colour_on(colour_of(track_id)))
        contrast = (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05)
        assert contrast > 4.0
