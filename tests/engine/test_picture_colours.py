"""Photos whose profile is not that of a screen, as phones and cameras take them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageCms

from engine.source.images import load_picture

REDDISH_BGR = [10, 20, 250]


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapping_profile() -> bytes:
    """One that is not called sRGB and in which red is green, and green red."""
    swapped = srgb_profile().replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ")
    swapped = swapped.replace(b"....", b"gXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


def load(path: Path, mode: str, profile: bytes | None) -> list[int]:
    picture = Image.new("RGB", (8, 6), tuple(reversed(REDDISH_BGR)))
    picture = picture.quantize(4) if mode == "P" else picture.convert(mode)
    picture.save(path, icc_profile=profile)
    return [int(channel) for channel in load_picture(path)[0, 0]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_are_those_that_the_profile_means(mode: str, tmp_path: Path) -> None:
    assert load(tmp_path / "a.png", mode, swapping_profile()) == pytest.approx([10, 250, 20], abs=2)


@pytest.mark.parametrize("profile", [None, srgb_profile(), b"no profile at all" * 20])
def test_other_pictures_stay_as_they_are(profile: bytes | None, tmp_path: Path) -> None:
    assert load(tmp_path / "a.png", "RGB", profile) == REDDISH_BGR


def test_a_profile_of_another_kind_of_colours_counts_for_nothing(tmp_path: Path) -> None:
    plain = load(tmp_path / "a.jpg", "L", None)
    assert load(tmp_path / "b.jpg", "CMYK", swapping_profile())[2] > 200
    assert load(tmp_path / "c.jpg", "L", srgb_profile()) == plain
