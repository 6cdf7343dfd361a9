"""Films whose pictures are two moments woven line by line, as television and tapes have them."""

from __future__ import annotations

import random
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from engine.source.av_deinterlace import deinterlaced
from engine.source.video_file import VideoFileSource
from engine.types import UInt8Array
from tests.engine.clips import BLOCK_PX, number_of, numbered_image, read_all, write_clip

FRAMES = 30
INTERLACED = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "10"}


def woven_image(number: int, size_hw: tuple[int, int] = (64, 160)) -> UInt8Array:
    """Below the number a bright bar that moves on between the upper and the lower field."""
    image = numbered_image(number, size_hw)
    for field in (0, 1):
        left = 4 * (2 * number + field) % 120
        image[BLOCK_PX + field :: 2, left : left + 30] = 230
    return image


def interlaced_clip(path: Path, size_hw: tuple[int, int] = (64, 160), rotation: int = 0) -> Path:
    images = [woven_image(number, size_hw) for number in range(FRAMES)]
    return write_clip(
        path,
        range(FRAMES),
        size_hw=size_hw,
        rotation=rotation,
        images=images,
        codec_options=INTERLACED,
    )


def combs(image: UInt8Array) -> float:
    """How much each line differs from both its neighbours, in grey levels."""
    lines = image[BLOCK_PX + 4 : -4].astype(int)
    return float(np.abs(2 * lines[1:-1] - lines[:-2] - lines[2:]).mean())


def decoded(path: Path) -> list[VideoFrame]:
    with av.open(path) as container:
        return list(container.decode(video=0))


def test_every_picture_comes_in_its_place_without_combs(tmp_path: Path) -> None:
    source = VideoFileSource(interlaced_clip(tmp_path / "tape.mp4"))
    frames = read_all(source)
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(FRAMES))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(FRAMES) / 30, atol=1e-3)
    assert combs(woven_image(5)) > 8
    assert max(combs(frame.image_bgr) for frame in frames) < 4


def test_seeking_finds_exactly_the_picture_without_combs(tmp_path: Path) -> None:
    source = VideoFileSource(interlaced_clip(tmp_path / "tape.mp4"))
    targets = [0, FRAMES - 1, 12, 11, *random.Random(1).choices(range(FRAMES), k=20)]
    for target in targets:
        source.seek(target / 30)
        for expected in range(target, min(target + 2, FRAMES)):
            frame = source.read()
            assert frame is not None
            assert (frame.index, number_of(frame.image_bgr)) == (expected, expected)
            assert combs(frame.image_bgr) < 4


def test_a_progressive_film_is_not_touched(tmp_path: Path) -> None:
    pictures = decoded(write_clip(tmp_path / "film.mp4"))
    passed = list(deinterlaced(iter(pictures)))
    assert len(passed) == len(pictures)
    assert all(after is before for after, before in zip(passed, pictures, strict=True))


@pytest.mark.parametrize("rotation", [0, 90])
def test_colours_orientation_and_times_stay(tmp_path: Path, rotation: int) -> None:
    clip = interlaced_clip(tmp_path / "tape.mp4", rotation=rotation)
    before, after = decoded(clip), list(deinterlaced(iter(decoded(clip))))
    assert [picture.pts for picture in after] == [picture.pts for picture in before]
    assert [picture.duration for picture in after] == [picture.duration for picture in before]
    for old, new in zip(before, after, strict=True):
        assert new.time_base == old.time_base
        assert (new.colorspace, new.color_range) == (old.colorspace, old.color_range)
        assert new.rotation == old.rotation


def test_progressive_and_interlaced_parts_and_sizes_in_turn(tmp_path: Path) -> None:
    tape = interlaced_clip(tmp_path / "tape.mp4")
    film = write_clip(tmp_path / "film.mp4")
    large = interlaced_clip(tmp_path / "large.mp4", size_hw=(128, 320))
    pictures = [picture for path in (film, tape, large, film) for picture in decoded(path)]
    passed = list(deinterlaced(iter(pictures)))
    assert [(p.width, p.pts) for p in passed] == [(p.width, p.pts) for p in pictures]
    assert not any(p.interlaced_frame for p in passed)


@pytest.mark.parametrize("size_hw", [(2, 2), (2, 64), (4, 4), (16, 16), (64, 4)])
@pytest.mark.parametrize("pix_fmt", ["yuv444p", "gray"])
def test_a_tiny_one_plays_as_it_is(tmp_path: Path, size_hw: tuple[int, int], pix_fmt: str) -> None:
    images = [np.full((*size_hw, 3), 8 * number, np.uint8) for number in range(FRAMES)]
    clip = write_clip(
        tmp_path / "tiny.mp4",
        range(FRAMES),
        size_hw=size_hw,
        pix_fmt=pix_fmt,
        images=images,
        codec_options=INTERLACED,
    )
    assert decoded(clip)[0].interlaced_frame
    assert len(read_all(VideoFileSource(clip))) == FRAMES
