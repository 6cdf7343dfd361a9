"""What every source promises, whatever it reads from."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import SourceError
from engine.source import Source, open_source
from engine.source.camera import CameraSource
from engine.source.camera_list import CameraDevice
from engine.source.images import ImagesSource
from engine.source.section import Section, SectionSource
from engine.source.synthetic import SyntheticSource
from engine.source.video_file import VideoFileSource
from engine.types import Frame
from tests.engine.clips import numbered_image, write_clip
from tests.fake_devices import FakeCapture, FakeClock

VARIABLE_PTS = (0, 1, 2, 7, 8, 9, 20, 21, 40, 41, 42, 43, 44, 60, 61, 62, 63, 64, 65, 90)


def synthetic(folder: Path) -> Source:
    return SyntheticSource((72, 128), fps=30.0, frame_count=12)


def synthetic_live(folder: Path) -> Source:
    clock = FakeClock()
    return SyntheticSource((72, 128), frame_count=12, live=True, clock=clock, wait=clock.wait)


def video(folder: Path) -> Source:
    return VideoFileSource(write_clip(folder / "plain.mp4"))


def video_with_audio(folder: Path) -> Source:
    return VideoFileSource(write_clip(folder / "audio.mp4", with_audio=True))


def video_of_variable_rate(folder: Path) -> Source:
    return VideoFileSource(write_clip(folder / "vfr.mkv", VARIABLE_PTS))


def video_rotated(folder: Path) -> Source:
    return VideoFileSource(write_clip(folder / "rotated.mp4", rotation=90))


def video_that_starts_late(folder: Path) -> Source:
    pts = tuple(range(45_000, 45_000 + 20 * 3_000, 3_000))
    return VideoFileSource(write_clip(folder / "late.ts", pts, time_base=Fraction(1, 90_000)))


def video_of_open_groups(folder: Path) -> Source:
    options = {"x264-params": "open-gop=1:keyint=8:min-keyint=8:bframes=3:b-adapt=0"}
    return VideoFileSource(write_clip(folder / "open.mkv", codec_options=options))


def video_without_timestamps(folder: Path) -> Source:
    return VideoFileSource(write_clip(folder / "raw.h264"))


def video_in_avi(folder: Path) -> Source:
    options = {"bf": "2"}
    return VideoFileSource(write_clip(folder / "b.avi", codec="mpeg4", codec_options=options))


def video_in_avi_that_libav_times_wrongly(folder: Path) -> Source:
    options = {"bf": "3"}
    return VideoFileSource(write_clip(folder / "h264.avi", codec_options=options))


def program_stream(folder: Path) -> Source:
    options = {"bf": "2"}
    clip = write_clip(folder / "ps.mpg", codec="mpeg2video", codec_options=options)
    return VideoFileSource(clip)


def vp8_with_hidden_pictures(folder: Path) -> Source:
    options = {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "realtime"}
    return VideoFileSource(write_clip(folder / "v.webm", codec="libvpx", codec_options=options))


def animated_gif(folder: Path) -> Source:
    clip = write_clip(
        folder / "a.gif", tuple(range(0, 100, 10)), time_base=Fraction(1, 100), codec="gif",
        pix_fmt="rgb8",
    )  # fmt: skip
    return open_source(clip)


def picture(folder: Path) -> Source:
    cv2.imwrite(str(folder / "one.png"), numbered_image(1))
    return open_source(folder / "one.png")


def picture_folder(folder: Path) -> Source:
    for number in range(12):
        cv2.imwrite(str(folder / f"img{number}.png"), numbered_image(number))
    (folder / "img5.png").write_bytes(b"not a picture")
    return ImagesSource([folder / f"img{number}.png" for number in range(12)])


def camera(folder: Path) -> Source:
    clock = FakeClock(step_s=0.01)
    pictures = [numbered_image(number) for number in range(12)]
    return CameraSource(
        CameraDevice(0, "Fake"),
        open_capture=lambda index, backend, wishes: FakeCapture(pictures),
        clock=clock,
        wait=clock.wait,
    )


def section(folder: Path) -> Source:
    clip = VideoFileSource(write_clip(folder / "whole.mp4"))
    return SectionSource(clip, Section(10 / 30, 25 / 30))


def section_to_the_end(folder: Path) -> Source:
    clip = VideoFileSource(write_clip(folder / "vfr.mkv", VARIABLE_PTS))
    return SectionSource(clip, Section(15 / 30))


def demo(folder: Path) -> Source:
    scene = pytest.importorskip("engine.source.demo")
    source: Source = scene.DemoSource(size_hw=(180, 320), frame_count=12)
    return source


FILE_LIKE = [
    synthetic,
    video,
    video_with_audio,
    video_of_variable_rate,
    video_rotated,
    video_that_starts_late,
    video_of_open_groups,
    video_without_timestamps,
    video_in_avi,
    video_in_avi_that_libav_times_wrongly,
    program_stream,
    vp8_with_hidden_pictures,
    animated_gif,
    picture,
    picture_folder,
    section,
    section_to_the_end,
    demo,
]
LIVE = [synthetic_live, camera]

MakeSource = Callable[[Path], Source]


def read_all(source: Source, most: int = 12) -> list[Frame]:
    """All frames of a file, the first `most` of a live source."""
    frames: list[Frame] = []
    while not (source.info.live and len(frames) == most):
        frame = source.read()
        if frame is None:
            break
        frames.append(frame)
    return frames


@pytest.mark.parametrize("make", FILE_LIKE + LIVE)
class TestEverySource:
    def test_frames_come_in_order_and_as_announced(self, make: MakeSource, tmp_path: Path) -> None:
        source = make(tmp_path)
        announced = source.info
        frames = read_all(source)
        assert isinstance(source, Source)
        assert frames
        indices = [frame.index for frame in frames]
        times = [frame.time_s for frame in frames]
        assert indices[0] == 0
        assert indices == sorted(set(indices))
        assert times == sorted(set(times))
        assert {frame.size_hw for frame in frames} == {announced.size_hw}
        assert source.info == announced
        source.close()

    def test_nothing_is_read_after_close_which_may_come_twice(
        self, make: MakeSource, tmp_path: Path
    ) -> None:
        source = make(tmp_path)
        assert source.read() is not None
        source.close()
        source.close()
        assert source.read() is None


@pytest.mark.parametrize("make", FILE_LIKE)
class TestEveryFile:
    def test_counts_and_times_agree_with_the_announcement(
        self, make: MakeSource, tmp_path: Path
    ) -> None:
        source = make(tmp_path)
        frames = read_all(source)
        info = source.info
        assert frames[0].shown_s == info.start_s
        if info.frame_count is not None and info.duration_s is not None:
            assert frames[-1].index == info.frame_count - 1
            assert frames[-1].time_s < info.start_s + info.duration_s

    def test_the_end_stays_the_end_until_a_seek(self, make: MakeSource, tmp_path: Path) -> None:
        source = make(tmp_path)
        frames = read_all(source)
        assert [source.read(), source.read()] == [None, None]
        source.seek(frames[0].time_s)
        again = read_all(source)
        assert [frame.index for frame in again] == [frame.index for frame in frames]

    def test_a_seek_gives_the_very_frame_read_from_the_start(
        self, make: MakeSource, tmp_path: Path
    ) -> None:
        source = make(tmp_path)
        frames = read_all(source)
        count = len(frames)
        # Back and forth, near and far, so that every way of getting there is used.
        for k in [count - 1, 0, count // 2, count // 2 - 1, count // 3, *range(count)]:
            expected = frames[max(k, 0)]
            following = frames[k + 1].time_s if k + 1 < count else expected.time_s + 1
            for time_s in (expected.time_s, (expected.time_s + following) / 2):
                source.seek(time_s)
                found = source.read()
                assert found is not None
                assert (found.index, found.time_s) == (expected.index, expected.time_s)
                np.testing.assert_array_equal(found.image_bgr, expected.image_bgr)
        source.close()

    def test_reading_goes_on_from_where_a_seek_led(self, make: MakeSource, tmp_path: Path) -> None:
        source = make(tmp_path)
        frames = read_all(source)
        source.seek(frames[len(frames) // 2].time_s)
        rest = read_all(source)
        expected = frames[len(frames) // 2 :]
        assert [frame.index for frame in rest] == [frame.index for frame in expected]
        for found, wanted in zip(rest, expected, strict=True):
            np.testing.assert_array_equal(found.image_bgr, wanted.image_bgr)

    def test_a_seek_outside_stops_at_the_ends(self, make: MakeSource, tmp_path: Path) -> None:
        source = make(tmp_path)
        frames = read_all(source)
        for time_s, expected in ((-1e6, frames[0]), (1e6, frames[-1])):
            source.seek(time_s)
            found = source.read()
            assert found is not None
            assert found.index == expected.index
        assert source.read() is None


@pytest.mark.parametrize("make", LIVE)
def test_a_live_source_cannot_be_searched(make: MakeSource, tmp_path: Path) -> None:
    source = make(tmp_path)
    assert source.info.live
    assert not source.info.seekable
    with pytest.raises(SourceError):
        source.seek(0.0)
    source.close()
