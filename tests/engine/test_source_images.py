"""Pictures: any kind, in the order a person expects, upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import SourceNotFound, SourceUnreadable
from engine.source import images, open_source
from engine.source.images import ImagesSource, natural_key

ORIENTATION_TAG = 0x0112
QUARTERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def read_picture(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    source = open_source(path)
    frame = source.read()
    source.close()
    assert frame is not None
    return frame.image_bgr


def test_pictures_come_in_natural_order_with_their_paths(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        Image.new("RGB", (40 + number, 30), (number, 0, 0)).save(tmp_path / f"p{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(tmp_path)
    assert isinstance(source, ImagesSource)
    frames = list(iter(source.read, None))
    assert [frame.image_bgr[0, 0, 2] for frame in frames] == [1, 2, 10]
    assert [frame.size_hw for frame in frames] == [(30, 41), (30, 42), (30, 50)]
    assert [source.paths[f.index].name for f in frames] == ["p1.png", "p2.png", "p10.png"]
    assert [frame.time_s for frame in frames] == [0.0, 1.0, 2.0]
    assert source.info.name == tmp_path.name
    assert source.info.pictures == source.paths


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("mode", "suffix"), [("RGB", "png"), ("RGB", "tif"), ("L", "tif"), ("RGBA", "tif")]
)
def test_exif_orientation_is_applied(
    tmp_path: Path, mode: str, suffix: str, orientation: int
) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = Image.fromarray(QUARTERS.repeat(16, 0).repeat(24, 1))
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    path = tmp_path / f"phone.{suffix}"
    stored.convert(mode).save(path, exif=exif)
    shown = upright.convert(mode).convert("RGB")
    np.testing.assert_array_equal(read_picture(path)[..., ::-1], shown)


@pytest.mark.parametrize(
    ("picture", "bgr"),
    [
        (Image.new("L", (20, 10), 77), (77, 77, 77)),
        (Image.fromarray(np.full((10, 20), 0x8080, np.uint16)), (128, 128, 128)),
        (Image.new("1", (20, 10), 1), (255, 255, 255)),
        (Image.new("P", (20, 10), 0).convert("P"), (0, 0, 0)),
        (Image.new("RGBA", (20, 10), (10, 20, 30, 0)), (255, 255, 255)),
        (Image.new("RGBA", (20, 10), (10, 20, 30, 255)), (30, 20, 10)),
        (Image.new("LA", (20, 10), (0, 128)), (127, 127, 127)),
    ],
    ids=["grey", "16 bits", "bits", "palette", "transparent", "opaque", "half"],
)
def test_every_kind_of_pixel_becomes_bgr(
    tmp_path: Path, picture: Image.Image, bgr: tuple[int, int, int]
) -> None:
    picture.save(tmp_path / "any.png")
    image = read_picture(tmp_path / "any.png")
    assert image.shape == (10, 20, 3)
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - bgr).max() <= 1


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp", "tiff", "gif", "ppm"])
def test_common_formats_are_read_whatever_their_name_says(tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (32, 16), (0, 128, 255)).save(tmp_path / f"a.{suffix}")
    (tmp_path / f"a.{suffix}").rename(tmp_path / "a.dat")
    image = read_picture(tmp_path / "a.dat")
    assert np.abs(image.astype(int) - (255, 128, 0)).max() <= 4


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 50).save(tmp_path / "half.png")
    content = (tmp_path / "half.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceUnreadable, match=r"half\.png") as caught:
        open_source(tmp_path / "half.png")
    assert caught.value.hint


def test_photos_of_phones_are_not_too_large(tmp_path: Path) -> None:
    Image.new("1", (9600, 9600), 1).save(tmp_path / "phone.png")  # Pillow would warn of it
    assert read_picture(tmp_path / "phone.png").shape == (9600, 9600, 3)
    assert images.MAX_PIXELS > 16_320 * 12_240


def test_a_picture_too_large_for_any_memory_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 299)
    Image.new("RGB", (20, 15)).save(tmp_path / "map.png")
    with pytest.raises(SourceUnreadable, match="too large: 20×15 pixels"):
        open_source(tmp_path / "map.png")


def test_of_a_picture_whose_second_page_is_damaged_the_first_is_shown(tmp_path: Path) -> None:
    page = Image.new("1", (64, 64))
    page.save(tmp_path / "pages.tif", save_all=True, append_images=[page])
    content = (tmp_path / "pages.tif").read_bytes()
    width_tag = (256).to_bytes(2, "little")
    last = content.rindex(width_tag + (4).to_bytes(2, "little"))
    (tmp_path / "pages.tif").write_bytes(content[:last] + b"\xff\xff" + content[last + 2 :])
    assert read_picture(tmp_path / "pages.tif").shape == (64, 64, 3)


def test_unreadable_pictures_of_a_folder_are_skipped_and_told(tmp_path: Path) -> None:
    for name in ("a.png", "c.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"broken")
    (tmp_path / "d.png").touch()
    source = open_source(tmp_path)
    assert isinstance(source, ImagesSource)
    assert [frame.index for frame in iter(source.read, None)] == [0, 2]
    assert {path.name for path in source.skipped} == {"b.png", "d.png"}
    assert all(source.skipped.values())


def test_a_folder_of_broken_pictures_cannot_be_opened(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg"):
        (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(SourceUnreadable, match="None of the 2 pictures"):
        open_source(tmp_path)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="no pictures"):
        open_source(tmp_path)


def test_numbers_sort_as_numbers() -> None:
    names = ["x10", "x9", "a/1", "X2b", "x2a", "x"]
    in_order = sorted(map(Path, names), key=natural_key)
    assert [str(path) for path in in_order] == ["a/1", "x", "x2a", "X2b", "x9", "x10"]


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "IMG_0001"])
def test_heic_picture_is_called_by_its_name_and_not_played_as_a_film(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    with pytest.raises(SourceUnreadable, match="HEIC picture") as caught:
        open_source(tmp_path / name)
    assert "JPEG" in caught.value.hint


def test_heic_pictures_of_a_folder_are_told_of(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    source = open_source(tmp_path)
    assert isinstance(source, ImagesSource)
    assert len(list(iter(source.read, None))) == 1
    assert "HEIC" in source.skipped[tmp_path / "b.heic"]
