"""Films whose pictures change their size or the shape of their pixels midway."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.source.video_file import VideoFileSource
from engine.types import UInt8Array
from tests.engine.clips import read_all

PART = 8

Part = tuple[tuple[int, int], Fraction]
"""Stored size (height, width) and the shape of a pixel."""


def disc(size_hw: tuple[int, int], pixel_aspect: Fraction) -> UInt8Array:
    """Round on the screen, white on grey, half as high as the shorter side."""
    rows, columns = np.mgrid[: size_hw[0], : size_hw[1]]
    shown_w = size_hw[1] * float(pixel_aspect)
    x = (columns + 0.5) * float(pixel_aspect) - shown_w / 2
    y = rows + 0.5 - size_hw[0] / 2
    inside = np.hypot(x, y) < min(shown_w, size_hw[0]) / 4
    return np.repeat(np.where(inside, 255, 90).astype(np.uint8)[..., None], 3, axis=2)


def write_part(path: Path, part: Part, start: int, codec: str, marks: dict[str, int]) -> bytes:
    size_hw, pixel_aspect = part
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = size_hw
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = pixel_aspect
        for name, value in marks.items():
            setattr(stream.codec_context, name, value)
        for i in range(PART):
            frame = av.VideoFrame.from_ndarray(disc(size_hw, pixel_aspect), "bgr24")
            frame.pts, frame.time_base = start + i, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def joined(
    folder: Path, *parts: Part, codec: str = "mpeg2video", marks: dict[str, int] | None = None
) -> Path:
    """A broadcast that goes on with pictures of another kind."""
    film = folder / "film.ts"
    film.write_bytes(
        b"".join(
            write_part(folder / f"{i}.ts", part, i * PART, codec, marks or {})
            for i, part in enumerate(parts)
        )
    )
    return film


def roundness(image: UInt8Array) -> float:
    """Width of the disc by its height."""
    rows, columns = np.nonzero(image[..., 1] > 180)
    return float(np.ptp(columns) + 1) / float(np.ptp(rows) + 1)


SQUARE = Fraction(1)
WIDE = Fraction(64, 45)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (((180, 320), SQUARE), ((320, 176), SQUARE)),
        (((320, 176), SQUARE), ((180, 320), SQUARE)),
        (((288, 360), Fraction(16, 15)), ((288, 360), WIDE)),
        (((288, 360), WIDE), ((288, 272), Fraction(32, 17))),
    ],
    ids=["turned up", "turned down", "other pixels", "fewer pixels of another shape"],
)
def test_what_is_round_stays_round(tmp_path: Path, first: Part, then: Part) -> None:
    source = VideoFileSource(joined(tmp_path, first, then))
    frames = read_all(source)
    assert len(frames) > PART + 4
    assert {frame.size_hw for frame in frames} == {source.info.size_hw}
    assert [roundness(frame.image_bgr) for frame in (frames[2], frames[-2])] == pytest.approx(
        [1, 1], abs=0.06
    )


def test_bars_are_black_and_nothing_is_cut_off(tmp_path: Path) -> None:
    source = VideoFileSource(joined(tmp_path, ((180, 320), SQUARE), ((320, 176), SQUARE)))
    last = read_all(source)[-1].image_bgr
    bar = (320 - round(176 * 180 / 320)) // 2
    assert last[:, : bar - 1].max() == 0
    assert last[:, -bar + 1 :].max() == 0
    assert np.abs(last[4:-4, bar + 4].astype(int) - 90).max() < 12
    assert np.abs(last[3, bar + 4 : -bar - 4].astype(int) - 90).max() < 12


def test_the_same_shape_fills_the_picture_at_any_size(tmp_path: Path) -> None:
    source = VideoFileSource(joined(tmp_path, ((180, 320), SQUARE), ((272, 480), SQUARE)))
    last = read_all(source)[-1].image_bgr
    assert last.min() > 60


def test_hdr_pictures_of_another_size_keep_their_shape_and_colours(tmp_path: Path) -> None:
    hlg = {"color_primaries": 9, "color_trc": 18, "colorspace": 9}
    parts = ((180, 320), SQUARE), ((320, 176), SQUARE)
    frames = read_all(VideoFileSource(joined(tmp_path, *parts, codec="libx264", marks=hlg)))
    before, after = frames[2].image_bgr, frames[-2].image_bgr
    assert roundness(after) == pytest.approx(1, abs=0.06)
    assert np.abs(before[4, 160].astype(int) - after[90, 160 - 40]).max() < 8


def test_no_picture_before_the_change_has_the_shape_of_those_after_it(tmp_path: Path) -> None:
    parts = ((288, 360), WIDE), ((288, 272), Fraction(32, 17))
    frames = read_all(VideoFileSource(joined(tmp_path, *parts, codec="libx264")))
    assert [roundness(frame.image_bgr) for frame in frames] == pytest.approx(
        [1] * len(frames), abs=0.06
    )


def test_after_a_seek_back_the_picture_fills_its_size_again(tmp_path: Path) -> None:
    source = VideoFileSource(joined(tmp_path, ((180, 320), SQUARE), ((320, 176), SQUARE)))
    first = read_all(source)[0].image_bgr
    source.seek(source.info.start_s)
    again = source.read()
    assert again is not None
    np.testing.assert_array_equal(again.image_bgr, first)
