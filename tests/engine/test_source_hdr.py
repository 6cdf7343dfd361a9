"""Films in HLG and PQ, as phones make them, look on an SDR screen as they were seen."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from engine.errors import SourceUnreadable
from engine.source.av_convert import UprightConverter
from engine.source.av_hdr import is_hdr
from engine.source.video_file import VideoFileSource
from tests.engine.clips import number_of, numbered_image

Light = npt.NDArray[np.float64]

WHITE_NITS = 203.0
SIZE_HW = (64, 160)
FRAMES = 24

LUMA = np.array([0.2627, 0.6780, 0.0593])
BT709_TO_BT2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)


def hlg_code(light_nits: Light) -> Light:
    """BT.2100: inverse OOTF of a 1000 cd/m² screen, then the OETF."""
    light = light_nits / 1000
    luma = np.maximum(light @ LUMA, 1e-9)[..., None]
    scene = light * luma ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    log = a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), log).clip(0, 1)


def pq_code(light_nits: Light) -> Light:
    """SMPTE ST 2084."""
    power = (light_nits / 10_000) ** 0.1593017578125
    code: Light = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    return code


CURVES = [
    pytest.param(ColorTrc.ARIB_STD_B67, hlg_code, id="HLG"),
    pytest.param(ColorTrc.SMPTE2084, pq_code, id="PQ"),
]
Curve = Callable[[Light], Light]


def hdr_picture(linear_bt709: Light, color_trc: ColorTrc, curve: Curve) -> VideoFrame:
    """(H, W, 3) RGB light, 1 for white, as a 10-bit picture of limited range."""
    light = np.maximum(linear_bt709 @ BT709_TO_BT2020.T, 0) * WHITE_NITS
    code = curve(light)
    luma = code @ LUMA
    blue, red = ((code[..., i] - luma) / (2 - 2 * LUMA[i]) for i in (2, 0))
    planes = (64 + 876 * luma, 512 + 896 * blue[::2, ::2], 512 + 896 * red[::2, ::2])
    height, width = luma.shape
    picture = VideoFrame(width, height, "yuv420p10le")
    for plane, values in zip(picture.planes, planes, strict=True):
        rows = np.zeros((values.shape[0], plane.line_size // 2), "<u2")
        rows[:, : values.shape[1]] = np.rint(values)
        plane.update(rows.tobytes())
    picture.color_trc, picture.color_primaries = color_trc, ColorPrimaries.BT2020
    picture.colorspace, picture.color_range = (
        Colorspace.BT2020,
        av.video.reformatter.ColorRange.MPEG,
    )
    return picture


def hdr_clip(
    path: Path, images: Sequence[Light], color_trc: ColorTrc, curve: Curve, rotation: int = 0
) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "4"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.gop_size = "yuv420p10le", 12
        context = stream.codec_context
        context.time_base = Fraction(1, 30)
        context.color_trc, context.color_primaries = color_trc, ColorPrimaries.BT2020
        context.colorspace, context.color_range = Colorspace.BT2020, ColorRange.MPEG
        if rotation:
            stream.set_display_rotation(rotation)
        for i, image in enumerate(images):
            picture = hdr_picture(image, color_trc, curve)
            picture.pts, picture.time_base = i, Fraction(1, 30)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def plain(*rgb: float) -> Light:
    return np.full((*SIZE_HW, 3), rgb)


def shown_rgb(path: Path) -> npt.NDArray[np.int64]:
    source = VideoFileSource(path)
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame.image_bgr.shape == (*SIZE_HW, 3)
    return frame.image_bgr[32, 80, ::-1].astype(int)


SEEN = [
    pytest.param((0.0, 0.0, 0.0), (0, 0, 0), 3, id="black"),
    pytest.param((0.18, 0.18, 0.18), (125, 125, 125), 2, id="mid grey"),
    pytest.param((0.45, 0.26, 0.19), (183, 145, 128), 3, id="light skin"),
    pytest.param((0.12, 0.06, 0.04), (105, 79, 67), 3, id="dark skin"),
    pytest.param((1.0, 1.0, 1.0), (230, 230, 230), 2, id="white"),
    pytest.param((4.9, 4.9, 4.9), (255, 255, 255), 1, id="lamp"),
    pytest.param((0.4, 0.0, 0.0), (174, 0, 0), 12, id="red"),
    pytest.param((0.0, 0.4, 0.0), (0, 174, 0), 12, id="green"),
    pytest.param((0.0, 0.0, 0.4), (0, 0, 174), 12, id="blue"),
    pytest.param((1.0, 0.0, 0.0), (230, 0, 0), 12, id="bright red"),
]
"""Light, and 255 · light^(1/2.4) as BT.1886 has it, but for what is rolled off near white."""


@pytest.mark.parametrize(("color_trc", "curve"), CURVES)
@pytest.mark.parametrize(("light", "expected", "tolerance"), SEEN)
def test_colours_are_those_of_the_scene(
    light: tuple[float, ...],
    expected: tuple[int, ...],
    tolerance: int,
    color_trc: ColorTrc,
    curve: Curve,
    tmp_path: Path,
) -> None:
    path = hdr_clip(tmp_path / "phone.mp4", [plain(*light)], color_trc, curve)
    np.testing.assert_allclose(shown_rgb(path), expected, atol=tolerance)


@pytest.mark.parametrize(("color_trc", "curve"), CURVES)
def test_brighter_is_never_darker_and_grey_stays_grey(color_trc: ColorTrc, curve: Curve) -> None:
    ramp = np.geomspace(0.001, 4.9, 320)[None, :, None].repeat(64, 0).repeat(3, 2)
    picture = hdr_picture(ramp, color_trc, curve)
    shown = UprightConverter(picture, None).to_bgr(picture)[32].astype(int)
    assert (np.diff(shown, axis=0) >= 0).all()
    assert np.ptp(shown, axis=1).max() <= 2
    assert len(np.unique(shown)) > 120


@pytest.mark.parametrize("rotation", [0, 90, 180])
def test_seeking_and_turning_stay_exact(rotation: int, tmp_path: Path) -> None:
    images = [(numbered_image(i, SIZE_HW) / 255.0) ** 2.4 for i in range(FRAMES)]
    path = hdr_clip(tmp_path / "phone.mp4", images, ColorTrc.ARIB_STD_B67, hlg_code, rotation)
    source = VideoFileSource(path)
    turns = {0: 0, 90: -1, 180: 2}[rotation]
    for target in (0, FRAMES - 1, 12, 11, *random.Random(1).choices(range(FRAMES), k=8)):
        source.seek(target / 30)
        frame = source.read()
        assert frame is not None
        assert number_of(np.rot90(frame.image_bgr, turns)) == frame.index == target
        assert frame.time_s == pytest.approx(target / 30)
    source.close()


def test_a_stream_may_change_its_curve_and_its_size() -> None:
    grey = plain(0.18, 0.18, 0.18)
    first = hdr_picture(grey, ColorTrc.ARIB_STD_B67, hlg_code)
    larger = hdr_picture(grey.repeat(2, 0).repeat(2, 1), ColorTrc.SMPTE2084, pq_code)
    converter = UprightConverter(first, Fraction(2))
    for picture in (first, larger, first):
        image = converter.to_bgr(picture)
        assert image.shape == (64, 320, 3)
        np.testing.assert_allclose(image.astype(int), 125, atol=2)


def test_without_room_for_temporary_files_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    picture = hdr_picture(plain(0.18, 0.18, 0.18), ColorTrc.SMPTE2084, pq_code)
    with pytest.raises(SourceUnreadable, match="HDR"):
        UprightConverter(picture, None).to_bgr(picture)


def test_sdr_pictures_are_not_touched() -> None:
    rng = np.random.default_rng(3)
    picture = VideoFrame.from_ndarray(rng.integers(0, 256, (96, 64), np.uint8), "yuv420p")
    for color_trc in (ColorTrc.UNSPECIFIED, ColorTrc.BT709, ColorTrc.BT2020_10):
        picture.color_trc = color_trc
        assert not is_hdr(picture)
        image = UprightConverter(picture, None).to_bgr(picture)
        np.testing.assert_array_equal(image, picture.to_ndarray(format="bgr24"))


def test_transparent_parts_of_an_animated_hdr_png_are_white_too(tmp_path: Path) -> None:
    pixels = np.full((48, 64, 4), 60, np.uint8)
    pixels[:, :, 3] = np.repeat((0, 255), 32)
    path = tmp_path / "film.png"
    with av.open(path, "w", format="apng") as container:
        stream = container.add_stream("apng", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgba"
        stream.codec_context.color_primaries = ColorPrimaries.BT2020
        stream.codec_context.color_trc = ColorTrc.SMPTE2084
        for i in range(2):
            picture = VideoFrame.from_ndarray(pixels, "rgba")
            picture.pts = i
            picture.color_primaries, picture.color_trc = ColorPrimaries.BT2020, ColorTrc.SMPTE2084
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    source = VideoFileSource(path)
    frame = source.read()
    source.close()
    assert frame is not None
    assert (frame.image_bgr[:, :32] == 255).all()
    assert np.ptp(frame.image_bgr[:, 32:].astype(int)) <= 2
    assert frame.image_bgr[10, 50, 0] < 60  # the code is that of light, darker on an SDR screen
