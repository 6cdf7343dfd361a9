"""Faults of cameras, carried out with PyTorch."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import cv2
import numpy as np
import torch

from engine.training.augment import AugmentOptions
from engine.training.faults import (
    Blur,
    Colour,
    Faults,
    Jpeg,
    LowLight,
    MotionBlur,
    Noise,
    draw_faults,
)
from engine.training.on_device.faults import disturb
from engine.training.on_device.packed_faults import pack_faults
from engine.training.on_device.packing import each_array
from engine.training.photometric import disturb as disturb_on_host
from tests.training.on_device.conftest import soft_noise

IMAGE = soft_noise(0, (45, 61))


def disturbed(*faults: Faults) -> np.ndarray:
    images = torch.from_numpy(np.stack([IMAGE] * len(faults)))
    disturb(images, each_array(pack_faults(faults), torch.from_numpy))
    return images.numpy()


def test_every_fault_hits_its_own_picture_as_with_opencv() -> None:
    table = np.stack([np.arange(256)[::-1], np.arange(256) // 2, np.arange(256)], 1)
    even, odd = np.eye(4, dtype=np.float32) / 4, np.eye(9, dtype=np.float32) / 9
    faults = [
        Faults(),
        Faults(colour=Colour(table.astype(np.uint8), 1.0)),
        Faults(colour=Colour(table.astype(np.uint8), 0.3)),
        Faults(degradation=Blur(0.7)),
        Faults(degradation=Blur(2.0)),
        Faults(degradation=MotionBlur(even)),
        Faults(degradation=MotionBlur(odd)),
    ]
    for ours, fault in zip(disturbed(*faults), faults, strict=True):
        theirs = disturb_on_host(IMAGE, fault)
        assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_low_light_is_darker_and_noisy_but_never_out_of_range() -> None:
    noise = Noise(14.0, 5)
    dark, noisy, other = disturbed(
        Faults(low_light=LowLight(0.3, noise)),
        Faults(degradation=noise),
        Faults(degradation=Noise(14.0, 6)),
    ).astype(float)
    assert dark.mean() == pytest.approx(0.3 * IMAGE.mean(), abs=3)
    inner = (IMAGE > 60) & (IMAGE < 195)  # where nothing is cut off
    assert (noisy - IMAGE)[inner].std() == pytest.approx(14, rel=0.1)
    assert (noisy - IMAGE)[inner].mean() == pytest.approx(-0.5, abs=1)  # cut to whole levels
    assert np.abs(noisy - other).mean() > 5


def test_the_noise_of_a_picture_does_not_depend_on_the_others() -> None:
    first, second = Faults(degradation=Noise(9.0, 1)), Faults(degradation=Noise(5.0, 2))
    both, alone = disturbed(second, first), disturbed(first)
    np.testing.assert_array_equal(both[1], alone[0])


@pytest.mark.parametrize("quality", [12, 35, 59, 90])
def test_jpeg_loses_what_libjpeg_loses(quality: int) -> None:
    (ours,) = disturbed(Faults(degradation=Jpeg(quality)))
    theirs = disturb_on_host(IMAGE, Faults(degradation=Jpeg(quality)))
    lost = np.abs(IMAGE.astype(float) - theirs).mean()
    assert np.abs(ours.astype(float) - theirs).mean() < 0.35 * lost + 0.3


def test_jpeg_keeps_the_colours_apart() -> None:
    image = np.zeros((1, 20, 30, 3), np.uint8)
    image[..., 0] = 200
    images = torch.from_numpy(image.copy())
    disturb(images, each_array(pack_faults([Faults(degradation=Jpeg(50))]), torch.from_numpy))
    _, data = cv2.imencode(".jpg", image[0, ..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])
    theirs = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    assert np.abs(images[0].numpy().astype(int) - theirs).max() <= 3


def test_random_faults_keep_the_brightness_of_those_with_opencv() -> None:
    options = AugmentOptions(colour=1.0, degrade=1.0, low_light=0.5)
    faults = [draw_faults(options, np.random.default_rng(seed)) for seed in range(24)]
    for ours, fault in zip(disturbed(*faults), faults, strict=True):
        assert ours.mean() == pytest.approx(disturb_on_host(IMAGE, fault).mean(), abs=1.5)
