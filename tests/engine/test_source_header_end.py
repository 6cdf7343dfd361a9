"""A film that breaks off is told from one that is over."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from engine.errors import SourceCutShort
from engine.source import video_file
from engine.source.video_file import VideoFileSource
from engine.types import Frame
from tests.engine.clips import numbered_image, read_all, write_clip


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


FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof+frag_discont"


def write_from_100_s(path: Path, movflags: str = FRAGMENTS) -> Path:
    """Two seconds whose clock begins at 100, as in a stream that was joined late."""
    options = {"avoid_negative_ts": "disabled"}
    if path.suffix == ".mp4":
        options["movflags"] = movflags
    with av.open(path, "w", options=options) as container:
        stream = container.add_stream("libx264", rate=30)
        stream.height, stream.width, stream.pix_fmt = 64, 160, "yuv420p"
        for i in range(60):
            frame = av.VideoFrame.from_ndarray(numbered_image(i), "bgr24")
            frame.pts, frame.time_base = 3000 + i, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_piece_of_a_live_stream_is_whole_although_its_clock_does_not_begin_at_zero(
    tmp_path: Path,
) -> None:
    """libav gives the end of such an MP4 in fragments for its duration."""
    source = VideoFileSource(write_from_100_s(tmp_path / "piece.mp4"))
    assert source.info.start_s == pytest.approx(100, abs=0.1)
    assert len(read_all(source)) == 60


@pytest.mark.parametrize(
    ("name", "movflags"), [("piece.mp4", FRAGMENTS), ("piece.mkv", ""), ("whole.mp4", "faststart")]
)
def test_a_film_that_is_not_read_beforehand_is_as_long_as_from_its_first_picture_on(
    name: str, movflags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_file, "EAGER_INDEX_BYTES", 0)
    source = VideoFileSource(write_from_100_s(tmp_path / name, movflags))
    assert source.info.start_s == pytest.approx(100, abs=0.1)
    assert source.info.duration_s == pytest.approx(2, abs=0.1)
    source.close()


def slide_show(path: Path, codec: str, starts_s: tuple[int, ...], last_s: int) -> Path:
    """Pictures that stand for seconds; the last one for `last_s`."""
    second = 1000
    ends = [start * second for start in (*starts_s[1:], starts_s[-1] + last_s)]
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 64, 160, "yuv420p"
        stream.max_b_frames = 0
        stream.codec_context.time_base = Fraction(1, second)
        packets = []
        for i, start_s in enumerate(starts_s):
            frame = av.VideoFrame.from_ndarray(numbered_image(i), "bgr24")
            frame.pts, frame.time_base = start_s * second, Fraction(1, second)
            packets += stream.encode(frame)
        for packet, end in zip([*packets, *stream.encode(None)], ends, strict=True):
            assert packet.pts is not None
            packet.duration = end - packet.pts
            container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "ffv1"), ("a.mp4", "mpeg4"), ("a.mov", "libx264"), ("a.webm", "libvpx")],
)
@pytest.mark.parametrize(
    ("starts_s", "last_s"), [((0, 10, 20, 30), 10), ((0, 1, 2, 15), 60), ((0,), 20)]
)
def test_a_last_picture_that_stands_for_long_is_no_end_that_is_missing(
    tmp_path: Path, name: str, codec: str, starts_s: tuple[int, ...], last_s: int
) -> None:
    source = VideoFileSource(slide_show(tmp_path / name, codec, starts_s, last_s))
    assert source.info.duration_s == pytest.approx(starts_s[-1] + last_s)
    assert [round(frame.time_s) for frame in read_all(source)] == list(starts_s)
