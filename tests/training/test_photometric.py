"""Faults of cameras, carried out with OpenCV."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import numpy as np

from engine.training.augment import PAPER_AUGMENT, AugmentOptions
from engine.training.faults import Faults, Jpeg, LowLight, Noise, draw_faults
from engine.training.photometric import disturb

IMAGE = np.random.default_rng(0).integers(0, 255, (33, 49, 3), dtype=np.uint8)


def test_camera_faults_keep_shape_and_type_and_come_from_the_generator() -> None:
    options = AugmentOptions(colour=1.0, degrade=1.0, low_light=1.0)
    for seed in range(20):
        first = disturb(IMAGE, draw_faults(options, np.random.default_rng(seed)))
        again = disturb(IMAGE, draw_faults(options, np.random.default_rng(seed)))
        assert first.shape == IMAGE.shape
        assert first.dtype == np.uint8
        np.testing.assert_array_equal(first, again)


def test_without_faults_a_picture_stays_what_it_is() -> None:
    assert disturb(IMAGE, draw_faults(PAPER_AUGMENT, np.random.default_rng(0))) is IMAGE


def test_low_light_is_darker_by_its_factor() -> None:
    dark = disturb(IMAGE, Faults(low_light=LowLight(0.3, Noise(3.0, 1))))
    assert dark.mean() == pytest.approx(0.3 * IMAGE.mean(), abs=2)


def test_jpeg_keeps_the_colours_apart() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 200
    assert np.abs(disturb(red, Faults(degradation=Jpeg(50))).astype(int) - red).max() < 12
