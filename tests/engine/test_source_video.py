"""What a user of video files would miss: right times, exact places, clear errors."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.errors import SourceNotFound, SourceUnreadable
from engine.sink.options import RecorderOptions
from engine.source import open_source, video_file
from engine.source.video_file import VideoFileSource
from tests.engine.clips import number_of, read_all, write_clip


def test_variable_rate_keeps_each_pictures_own_time(tmp_path: Path) -> None:
    pts = (0, 1, 5, 6, 30, 31, 90)
    source = VideoFileSource(write_clip(tmp_path / "vfr.mkv", pts))
    frames = read_all(source)
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(len(pts)))
    # Matroska counts milliseconds.
    np.testing.assert_allclose([f.time_s for f in frames], [p / 30 for p in pts], atol=0.001)


def test_each_picture_tells_how_long_it_is_shown(tmp_path: Path) -> None:
    lasts_ms = [100, 500, 3000]
    pictures = [Image.new("L", (32, 24), 80 * i) for i in range(len(lasts_ms))]
    path = tmp_path / "slides.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=lasts_ms)
    frames = read_all(VideoFileSource(path))
    assert [frame.duration_s for frame in frames] == pytest.approx([ms / 1e3 for ms in lasts_ms])


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


def test_sound_is_reported_so_that_an_export_can_keep_it(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "loud.mp4", with_audio=True)
    info = VideoFileSource(clip).info
    assert info.has_audio
    assert info.path == clip
    assert not VideoFileSource(write_clip(tmp_path / "mute.mp4")).info.has_audio


def test_a_film_without_a_clock_is_as_long_as_its_pictures(tmp_path: Path) -> None:
    """Bare H.264, for whose rate FFmpeg takes 25."""
    info = VideoFileSource(write_clip(tmp_path / "raw.h264")).info
    assert info.frame_count == 40
    assert info.duration_s == pytest.approx(40 / 25)


def test_a_film_whose_clock_starts_over_is_as_long_as_all_of_it(tmp_path: Path) -> None:
    """Two transport streams, one appended to the other."""
    first, second = (write_clip(tmp_path / f"{i}.ts").read_bytes() for i in range(2))
    both = tmp_path / "both.ts"
    both.write_bytes(first + second)
    source = VideoFileSource(both)
    assert source.info.frame_count == 80
    assert source.info.duration_s == pytest.approx(80 / 30, abs=0.05)
    last = read_all(source)[-1]
    assert last.time_s + 1 / 30 == pytest.approx(source.info.start_s + 80 / 30, abs=0.05)


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
    monkeypatch.setattr(source._pictures, "_restart_at", pytest.fail)
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


def test_a_film_whose_decoder_cannot_be_begun_is_called_damaged(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "film.mkv", codec="ffv1")
    with av.open(str(path)) as container:
        needed = container.streams.video[0].codec_context.extradata
    assert needed
    path.write_bytes(path.read_bytes().replace(needed, b"\xff" * len(needed)))
    with pytest.raises(SourceUnreadable, match=r"No picture in film\.mkv can be decoded"):
        VideoFileSource(path)


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
