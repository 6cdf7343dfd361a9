"""What a user of video files would miss: right times, right way up, right colours, clear errors."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import SourceCutShort, SourceNotFound, SourceUnreadable
from engine.sink.options import RecorderOptions
from engine.source import open_source, video_file
from engine.source.video_file import VideoFileSource
from engine.types import Frame, UInt8Array
from tests.engine.clips import number_of, numbered_image, write_clip


def read_all(source: VideoFileSource) -> list[Frame]:
    return list(iter(source.read, None))


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


def test_variable_rate_keeps_each_pictures_own_time(tmp_path: Path) -> None:
    pts = (0, 1, 5, 6, 30, 31, 90)
    source = VideoFileSource(write_clip(tmp_path / "vfr.mkv", pts))
    frames = read_all(source)
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(len(pts)))
    # Matroska counts milliseconds.
    np.testing.assert_allclose([f.time_s for f in frames], [p / 30 for p in pts], atol=0.001)


def test_the_ticks_of_a_clock_are_no_frame_rate(tmp_path: Path) -> None:
    """libav says 30,000 of this one, and 90,000 of many cameras on the network."""
    pts = (0, 1, 9000, 9001, 18_000)
    source = VideoFileSource(write_clip(tmp_path / "a.mkv", pts, time_base=Fraction(1, 90_000)))
    assert RecorderOptions(fps=source.info.fps)


def test_a_file_says_where_its_timeline_starts(tmp_path: Path) -> None:
    pts = tuple(range(90_000, 90_000 + 10 * 3_000, 3_000))
    source = VideoFileSource(write_clip(tmp_path / "a.mkv", pts, time_base=Fraction(1, 90_000)))
    assert source.info.start_s == pytest.approx(1.0)
    assert source.info.duration_s == pytest.approx(10 / 30, abs=0.002)


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


def test_wide_pixels_become_square(tmp_path: Path) -> None:
    path = tmp_path / "pal.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = 72, 90, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        for i in range(3):
            frame = av.VideoFrame.from_ndarray(numbered_image(i, (72, 90)), "bgr24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    source = VideoFileSource(path)
    frame_read = source.read()
    assert source.info.size_hw == (72, 128)
    assert frame_read is not None
    assert frame_read.size_hw == (72, 128)


def test_sound_is_reported_so_that_an_export_can_keep_it(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "loud.mp4", with_audio=True)
    info = VideoFileSource(clip).info
    assert info.has_audio
    assert info.path == clip
    assert not VideoFileSource(write_clip(tmp_path / "mute.mp4")).info.has_audio


def test_a_large_file_is_indexed_by_the_first_seek_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path / "large.mkv")
    monkeypatch.setattr(video_file, "EAGER_INDEX_BYTES", 0)
    source = VideoFileSource(clip)
    assert source.info.frame_count is None
    with monkeypatch.context() as patch:
        patch.setattr(video_file, "build_pts_index", lambda *_: pytest.fail("all was read"))
        read_all(source)
        source.seek(0.0)  # as a loop does
        assert len(read_all(source)) == 40
    source.seek(25 / 30 + 0.001)
    frame = source.read()
    assert frame is not None
    assert (frame.index, number_of(frame.image_bgr)) == (25, 25)


def test_a_step_back_needs_no_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = VideoFileSource(write_clip(tmp_path / "long.mp4", gop=1000))
    frames = read_all(source)
    monkeypatch.setattr(source, "_restart_at", pytest.fail)
    for frame in reversed(frames[-10:]):
        source.seek(frame.time_s)
        again = source.read()
        assert again is not None
        assert again.index == frame.index


def test_a_torn_file_gives_what_it_has(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mkv").read_bytes()
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(whole[: len(whole) * 2 // 3])
    frames = read_all(VideoFileSource(torn))
    assert 5 < len(frames) < 40
    numbers = [number_of(frame.image_bgr) for frame in frames]
    assert numbers == sorted(numbers)
    assert numbers[:10] == list(range(10))


def test_damage_in_the_middle_does_not_end_the_film(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "hurt.mp4")
    content = bytearray(clip.read_bytes())
    dice = random.Random(0)
    for _ in range(40):
        content[dice.randrange(len(content) // 3, len(content) // 2)] = dice.randrange(256)
    clip.write_bytes(content)
    source = VideoFileSource(clip)
    frames = read_all(source)
    assert frames[-1].index == 39
    assert number_of(frames[-1].image_bgr) == 39
    source.seek(frames[0].time_s)
    assert [frame.index for frame in read_all(source)] == [frame.index for frame in frames]


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def zeroed_from_the_middle(content: bytes) -> bytes:
    """Where MP4 has its pictures; what describes them comes after them and stays."""
    end = content.rindex(b"moov") - 4
    return content[: end // 2] + bytes(end - end // 2) + content[end:]


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize(
    ("name", "damage"), [("torn.mkv", halved), ("hurt.mp4", zeroed_from_the_middle)]
)
def test_a_film_that_breaks_off_says_so_at_its_end_and_can_be_searched(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes], sound: bool
) -> None:
    clip = write_clip(tmp_path / name, range(180), with_audio=sound)
    clip.write_bytes(damage(clip.read_bytes()))
    source = VideoFileSource(clip)
    frames: list[Frame] = []
    with pytest.raises(SourceCutShort, match=r"breaks off after 0:0\d of 0:06\."):
        frames.extend(iter(source.read, None))
    assert 20 < frames[-1].index < 140
    with pytest.raises(SourceCutShort):
        source.read()
    source.seek(frames[5].time_s)
    again = source.read()
    assert again is not None
    assert again.index == 5
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("name", ["long sound.mkv", "long sound.mp4", "long sound.mov"])
def test_sound_that_goes_on_alone_is_no_film_that_breaks_off(tmp_path: Path, name: str) -> None:
    clip = write_clip(tmp_path / name, range(30), with_audio=True, audio_s=4.0)
    assert len(read_all(VideoFileSource(clip))) == 30


def test_a_gap_in_a_transport_stream_is_passed_over(tmp_path: Path) -> None:
    """libav finds nothing for a while, and calls that "resource temporarily unavailable"."""
    clip = write_clip(tmp_path / "broadcast.ts", range(90), size_hw=(240, 320))
    content = clip.read_bytes()
    middle = len(content) // 2
    clip.write_bytes(content[:middle] + bytes(300_000) + content[middle:])
    source = VideoFileSource(clip)
    frames = read_all(source)
    assert number_of(frames[-1].image_bgr) == 89
    source.seek(frames[-1].time_s)
    assert number_of(read_all(source)[-1].image_bgr) == 89


def make_unreadable(path: Path, kind: str) -> Path:
    match kind:
        case "text":
            path.write_text("this is no film\n" * 200)
        case "noise":
            path.write_bytes(random.Random(1).randbytes(50_000))
        case "empty":
            path.touch()
        case "folder":
            path.mkdir()
        case "without its end":
            whole = write_clip(path).read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
        case "sound only":
            with av.open(path, "w") as container:
                stream = container.add_stream("aac", rate=16_000)
                frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                frame.rate = 16_000
                container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    "kind", ["text", "noise", "empty", "folder", "without its end", "sound only"]
)
def test_what_is_no_video_is_called_so_with_advice(tmp_path: Path, kind: str) -> None:
    path = make_unreadable(tmp_path / "thing.mp4", kind)
    with pytest.raises(SourceUnreadable) as caught:
        VideoFileSource(path)
    assert "thing.mp4" in caught.value.message
    assert caught.value.hint


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"gone\.mp4"):
        VideoFileSource(tmp_path / "gone.mp4")


def test_a_large_file_that_vanished_before_the_first_seek_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_file, "EAGER_INDEX_BYTES", 0)
    clip = write_clip(tmp_path / "moved.mkv")
    source = VideoFileSource(clip)
    clip.rename(tmp_path / "elsewhere.mkv")
    with pytest.raises(SourceNotFound, match=r"moved\.mkv is not there any more"):
        source.seek(0.5)


def test_a_name_with_a_colon_is_a_file_and_not_a_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "plain.mp4").rename(tmp_path / "rtp:12.mp4")
    monkeypatch.chdir(tmp_path)
    assert open_source(Path("rtp:12.mp4")).read() is not None


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count", "size_hw", "fps", "has_audio"),
    [
        ("two-children-bedroom.mp4", 200, (540, 960), 30, False),
        ("juggler-with-audio.mp4", 247, (720, 1280), 24, True),
        ("woman-and-dog.mp4", 289, (720, 1280), 29.97, True),
        ("coffee-torso.mp4", 287, (720, 1280), 29.97, True),
        ("one-by-one-walking.mp4", 1394, (432, 768), 10, False),
    ],
)
def test_real_clips_give_every_picture(
    shared_dir: Path, name: str, count: int, size_hw: tuple[int, int], fps: float, has_audio: bool
) -> None:
    source = VideoFileSource(shared_dir / "data" / "clips" / name)
    info = source.info
    assert (info.frame_count, info.size_hw, info.has_audio) == (count, size_hw, has_audio)
    assert info.fps == pytest.approx(fps, abs=0.01)
    assert sum(1 for _ in iter(source.read, None)) == count
    assert info.duration_s is not None
    source.seek(info.duration_s / 2)
    middle = source.read()
    assert middle is not None
    assert middle.index == pytest.approx(count / 2, abs=1)


def test_a_closed_file_may_be_searched_without_effect(tmp_path: Path) -> None:
    source = VideoFileSource(write_clip(tmp_path / "a.mp4"))
    source.close()
    source.seek(0.5)
    assert source.read() is None
