"""Frames into network inputs: sizes, exact alignment, colour order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.preprocess import input_size, preprocess, resize_corner_aligned
from engine.types import Frame


def frame_of(image: np.ndarray) -> Frame:
    return Frame(image, index=0, time_s=0.0, captured_at_s=0.0)


def ramp(height: int, width: int) -> np.ndarray:
    """Blue grows along x, green along y, both from 0 to 250 at the corner pixels."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.round(np.linspace(0, 250, width))
    image[..., 1] = np.round(np.linspace(0, 250, height))[:, None]
    return image


@pytest.mark.parametrize(
    ("frame_hw", "long_side", "expected"),
    [
        ((720, 1280), 417, (241, 417)),
        ((480, 640), 641, (481, 641)),
        ((640, 480), 641, (641, 481)),
        ((1080, 1920), 400, (225, 401)),
        ((10, 1280), 417, (33, 417)),
        ((1, 1), 321, (33, 33)),
    ],
)
def test_input_sides_keep_the_shape_and_the_form(frame_hw, long_side, expected):
    assert input_size(frame_hw, long_side) == expected


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(97, 2049))
def test_every_input_side_is_of_the_form(height, width, long_side):
    sides = input_size((height, width), long_side)
    assert all(side >= 33 and side % 16 == 1 for side in sides)
    assert max(sides) <= long_side + 8 or max(sides) == 33


@pytest.mark.parametrize(
    "frame_hw", [(120, 160), (241, 321), (500, 480), (720, 1280), (1081, 1917)]
)
def test_corner_pixels_land_on_corner_pixels(frame_hw):
    target_hw = input_size(frame_hw, 321)
    resized = resize_corner_aligned(ramp(*frame_hw), target_hw)
    expected = ramp(*target_hw)
    difference = np.abs(resized.astype(int) - expected)
    assert difference.max() <= 2
    assert difference.mean() < 0.6


@pytest.mark.parametrize("frame_hw", [(500, 480), (720, 1280), (1081, 1917), (2160, 3840)])
def test_what_lies_in_the_middle_of_a_shrunk_picture_is_off_by_no_quarter_of_a_pixel(frame_hw):
    height, width = input_size(frame_hw, 321)

    def slope(rows: int, columns: int) -> np.ndarray:
        """Eight levels a pixel of the input along x in blue, along y in green."""
        x = np.linspace(0, width - 1, columns) - (width // 2 - 15)
        y = np.linspace(0, height - 1, rows) - (height // 2 - 15)
        levels = np.dstack((*np.meshgrid(8 * x, 8 * y), np.zeros((rows, columns))))
        return np.round(np.clip(levels, 0, 240)).astype(np.uint8)

    resized = resize_corner_aligned(slope(*frame_hw), (height, width))
    middle = np.s_[height // 2 - 10 : height // 2 + 10, width // 2 - 10 : width // 2 + 10]
    assert np.abs(resized.astype(int) - slope(height, width))[middle].max() < 2


def test_fine_detail_is_averaged_rather_than_skipped():
    checkerboard = np.indices((963, 1281)).sum(axis=0) % 2 * 255
    image = np.repeat(checkerboard[..., None], 3, axis=2).astype(np.uint8)
    resized = resize_corner_aligned(image, (241, 321))
    assert np.abs(resized.astype(int) - 127).max() <= 20


def test_red_comes_first_and_an_input_stays_as_it_is_when_the_next_one_is_made():
    image = np.zeros((480, 640, 3), np.uint8)
    image[..., 2] = 200
    first, geometry = preprocess(frame_of(image), 321)
    assert first.shape == (1, 241, 321, 3)
    assert first.dtype == np.uint8
    assert geometry.input_hw == (241, 321)
    preprocess(frame_of(np.zeros_like(image)), 321)
    assert first[0, 100, 100].tolist() == [200, 0, 0]
