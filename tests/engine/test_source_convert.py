"""Pictures of films the right way up, in the right colours and of the right size."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.source import open_source
from engine.source.video_file import VideoFileSource
from engine.types import UInt8Array
from tests.engine.clips import numbered_image, read_all, write_clip


def flat_clip(path: Path, yuv: tuple[int, int, int], pix_fmt: str, **marks: int) -> Path:
    """One picture of one colour, losslessly. marks: colorspace and color_range."""
    size_hw = (720, 1280) if "hd" in path.name else (64, 160)
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.height, stream.width = size_hw
        stream.pix_fmt = pix_fmt
        for name, value in marks.items():
            setattr(stream.codec_context, name, value)
        frame = av.VideoFrame(stream.width, stream.height, pix_fmt)
        wide = "10" in pix_fmt
        for plane, value in zip(frame.planes, yuv, strict=False):
            dtype = np.uint16 if wide else np.uint8
            samples = np.full(plane.buffer_size // dtype().itemsize, value, dtype)
            plane.update(samples.tobytes())
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("rotation", "mirrored", "upright"),
    [
        (0, False, lambda stored: stored),
        (90, False, lambda stored: np.rot90(stored, 1)),
        (180, False, lambda stored: np.rot90(stored, 2)),
        (270, False, lambda stored: np.rot90(stored, 3)),
        (0, True, lambda stored: stored[:, ::-1]),
        (90, True, lambda stored: np.rot90(stored, 1)[:, ::-1]),
    ],
)
def test_a_phone_held_anyhow_gives_upright_pictures(
    tmp_path: Path, rotation: int, mirrored: bool, upright: object
) -> None:
    assert callable(upright)
    plain = VideoFileSource(write_clip(tmp_path / "plain.mp4")).read()
    clip = write_clip(tmp_path / "turned.mp4", rotation=rotation, mirrored=mirrored)
    source = VideoFileSource(clip)
    turned = source.read()
    assert plain is not None
    assert turned is not None
    assert source.info.size_hw == turned.size_hw
    np.testing.assert_array_equal(turned.image_bgr, upright(plain.image_bgr))


@pytest.mark.parametrize(
    ("name", "yuv", "pix_fmt", "marks", "bgr"),
    [
        ("limited white", (235, 128, 128), "yuv420p", {"color_range": 1}, (255, 255, 255)),
        ("full black", (0, 128, 128), "yuv420p", {"color_range": 2}, (0, 0, 0)),
        ("full grey", (16, 128, 128), "yuv420p", {"color_range": 2}, (16, 16, 16)),
        ("ten bits", (940, 512, 512), "yuv420p10le", {"color_range": 1}, (255, 255, 255)),
        ("BT.709 red", (63, 102, 240), "yuv444p", {"colorspace": 1, "color_range": 1}, (0, 0, 255)),
        ("BT.601 red", (81, 90, 240), "yuv444p", {"colorspace": 6, "color_range": 1}, (0, 0, 255)),
        ("sd red, unmarked", (81, 90, 240), "yuv444p", {"color_range": 1}, (0, 0, 255)),
        ("hd red, unmarked", (63, 102, 240), "yuv420p", {"color_range": 1}, (0, 0, 255)),
        ("sd red, reserved mark", (81, 90, 240), "yuv444p", {"colorspace": 3}, (0, 0, 255)),
        ("hd red, mark of the future", (63, 102, 240), "yuv420p", {"colorspace": 17}, (0, 0, 255)),
        ("grey", (200,), "gray", {}, (200, 200, 200)),
        ("with alpha", (235, 128, 128, 255), "yuva420p", {"color_range": 1}, (255, 255, 255)),
    ],
)
def test_colours_follow_the_range_and_matrix_of_the_file(
    tmp_path: Path,
    name: str,
    yuv: tuple[int, int, int],
    pix_fmt: str,
    marks: dict[str, int],
    bgr: tuple[int, int, int],
) -> None:
    frame = VideoFileSource(flat_clip(tmp_path / f"{name}.mkv", yuv, pix_fmt, **marks)).read()
    assert frame is not None
    assert np.abs(frame.image_bgr.astype(int) - bgr).max() <= 3


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white_in_an_animated_png_as_in_a_still_one(
    tmp_path: Path, kind: str
) -> None:
    pictures = []
    for left in (4, 8):
        picture = Image.new("RGBA", (32, 24), (0, 0, 0, 0))
        picture.paste((0, 0, 255, 128), (0, 0, 4, 4))
        picture.paste((200, 30, 40, 255), (left, 4, left + 10, 20))
        pictures.append(picture.convert("LA") if kind == "LA" else picture)
    if kind == "P":
        pictures = [picture.quantize(16) for picture in pictures]
    still, film = tmp_path / "still.png", tmp_path / "film.png"
    pictures[0].save(still)
    pictures[0].save(film, save_all=True, append_images=pictures[1:], duration=100)
    first, second = read_all(open_source(film))
    (expected,) = read_all(open_source(still))
    assert np.abs(first.image_bgr.astype(int) - expected.image_bgr).max() <= 1
    assert (second.image_bgr[22, 30] == 255).all()


@pytest.mark.parametrize("size_hw", [(65, 161), (64, 162), (33, 35), (2, 2)])
def test_odd_sizes_keep_every_row_and_column(tmp_path: Path, size_hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image: UInt8Array = rng.integers(0, 256, (*size_hw, 3), dtype=np.uint8)
    clip = write_clip(
        tmp_path / "odd.mkv", (0,), codec="ffv1", pix_fmt="bgr0", size_hw=size_hw, images=[image]
    )
    frame = VideoFileSource(clip).read()
    assert frame is not None
    assert frame.image_bgr.flags.c_contiguous
    np.testing.assert_array_equal(frame.image_bgr, image)


@pytest.mark.parametrize(
    ("aspect", "size_hw"),
    [(Fraction(64, 45), (72, 128)), (Fraction(1, 2), (72, 45)), (Fraction(100), (72, 90))],
)
def test_wide_pixels_become_square_unless_nobody_can_mean_it(
    tmp_path: Path, aspect: Fraction, size_hw: tuple[int, int]
) -> None:
    path = tmp_path / "pal.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 72, 90, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for i in range(3):
            frame = av.VideoFrame.from_ndarray(numbered_image(i, (72, 90)), "bgr24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    source = VideoFileSource(path)
    frame_read = source.read()
    assert source.info.size_hw == size_hw
    assert frame_read is not None
    assert frame_read.size_hw == size_hw
