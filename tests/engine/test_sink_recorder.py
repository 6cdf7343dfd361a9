"""Recordings: right colours and sizes, old files, and what comes too fast."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from engine.effects import HIDDEN_BGR
from engine.errors import ConfigError, SinkError
from engine.sink import formats
from engine.sink.options import RecorderOptions
from engine.sink.recorder import PlainRecorder, VideoRecorder
from engine.sink.worker import WhenFull
from engine.styles import PersonEffect, PersonStyle, RenderOptions
from engine.types import Frame, Instances, Result, UInt8Array
from tests.engine.sink_cases import (
    LOSSLESS,
    ORANGE_BGR,
    make_result,
    make_results,
    read_picture,
    read_times_s,
    write_all,
)

CONTAINERS = (".mp4", ".mov", ".mkv", ".webm")
MILLISECOND = 0.00051
"""Matroska rounds times to whole milliseconds."""


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        *((suffix, None) for suffix in CONTAINERS),
        *((suffix, codec) for suffix in (".mp4", ".mov", ".mkv") for codec in ("mpeg4", "mjpeg")),
        (".webm", "vp8"),
    ],
)
def test_players_show_the_colours_that_were_written(
    suffix: str, codec: str | None, tmp_path: Path
) -> None:
    path = tmp_path / f"colour{suffix}"
    options = RecorderOptions(codec=codec, when_full=WhenFull.WAIT)
    write_all(VideoRecorder(path, options=options), make_results([0.0, 0.1]))
    assert np.median(read_picture(path), axis=(0, 1)) == pytest.approx(ORANGE_BGR, abs=5)


@pytest.mark.parametrize("level", [60, 128, 201])
def test_grey_is_written_as_grey_and_no_darker(level: int, tmp_path: Path) -> None:
    path = tmp_path / "grey.mp4"
    grey = replace(make_result(0, 0.0), image_bgr=np.full((48, 64, 3), level, np.uint8))
    write_all(VideoRecorder(path, options=replace(LOSSLESS, crf=1)), [grey])
    with av.open(path) as container:
        stored = next(container.decode(video=0)).to_ndarray()
    assert np.median(stored[:48]) == round(16 + level * 219 / 255)
    assert np.median(stored[48:]) == 128


def test_h264_is_marked_as_bt709_of_limited_range(tmp_path: Path) -> None:
    path = tmp_path / "tags.mp4"
    recorder = VideoRecorder(path, options=LOSSLESS)
    write_all(recorder, make_results([0.0, 0.1]))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc)
        assert (*tags, context.color_range) == (1, 1, 1, 1)
        assert context.pix_fmt == "yuv420p"
        assert context.name == "h264"
    assert recorder.codec_name == "libx264"


def test_odd_sizes_repeat_the_last_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    write_all(VideoRecorder(path, options=LOSSLESS), [make_result(0, 0.0, (51, 65))])
    picture = read_picture(path)
    assert picture.shape == (52, 66, 3)
    assert picture[-1, -1] == pytest.approx(ORANGE_BGR, abs=6)


def test_a_new_size_is_letterboxed_into_the_first(tmp_path: Path) -> None:
    path = tmp_path / "sizes.mp4"
    results = [make_result(0, 0.0, (64, 128)), make_result(1, 0.1, (128, 128))]
    write_all(VideoRecorder(path, options=LOSSLESS), results)
    picture = read_picture(path, 1)
    assert picture.shape == (64, 128, 3)
    assert picture[32, 10] == pytest.approx((0, 0, 0), abs=6)
    assert picture[32, 64] == pytest.approx(ORANGE_BGR, abs=8)


def test_the_size_can_be_chosen_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "chosen.mp4"
    write_all(VideoRecorder(path, size_hw=(33, 64), options=LOSSLESS), [make_result(0, 0.0)])
    assert read_picture(path).shape == (34, 64, 3)


def test_without_overlay_is_as_filmed_but_for_who_is_hidden(tmp_path: Path) -> None:
    path, hidden = tmp_path / "plain.mp4", RenderOptions(styles={3: PersonStyle(PersonEffect.HIDE)})
    result = make_result(0, 0.0, render=hidden)
    drawn = replace(result, image_bgr=np.zeros_like(result.image_bgr))
    write_all(PlainRecorder(path, options=LOSSLESS), [drawn])
    picture = read_picture(path).astype(int)
    assert picture[16, 7] == pytest.approx(HIDDEN_BGR, abs=25)
    assert picture[16, 15] == pytest.approx(ORANGE_BGR, abs=25)
    assert picture[40, 40] == pytest.approx(ORANGE_BGR, abs=12)


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.avi.*\.mp4, \.mov, \.mkv, \.webm"):
        VideoRecorder(tmp_path / "a.avi")
    with pytest.raises(SinkError, match="without an ending"):
        VideoRecorder(tmp_path / "a")
    assert not any(tmp_path.iterdir())


def test_an_unknown_codec_or_preset_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"Unknown codec divx.*libx264"):
        VideoRecorder(tmp_path / "a.mp4", options=RecorderOptions(codec="divx"))
    with pytest.raises(SinkError, match=r"Unknown codec h264.*libvpx-vp9"):
        VideoRecorder(tmp_path / "a.webm", options=RecorderOptions(codec="h264"))
    options = RecorderOptions(codec="libx264", preset="warpspeed")
    with pytest.raises(SinkError, match="warpspeed"):
        VideoRecorder(tmp_path / "a.mp4", options=options)
    with pytest.raises(ConfigError, match="crf"):
        RecorderOptions(crf=99)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_without_h264_there_is_a_fallback(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = formats.open_encoder
    monkeypatch.setattr(
        formats,
        "open_encoder",
        lambda encoder, *rest: None if "264" in encoder.name else original(encoder, *rest),
    )
    path = tmp_path / f"fallback{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    assert recorder.codec_name == "mpeg4"
    write_all(recorder, make_results([0.0, 0.04, 0.08]))
    assert read_times_s(path) == pytest.approx([0.0, 0.04, 0.08], abs=MILLISECOND)


def test_an_old_file_is_untouched_until_there_is_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "old.mp4"
    path.write_bytes(b"precious")
    recorder = VideoRecorder(path, options=RecorderOptions(overwrite=True))
    recorder.close()
    assert path.read_bytes() == b"precious"


class GatedRecorder(VideoRecorder):
    """Encodes a picture for every release of `gate` only."""

    gate = threading.Semaphore(0)
    waiting = threading.Semaphore(0)

    def _picture(self, result: Result) -> UInt8Array:
        self.waiting.release()
        self.gate.acquire()
        return super()._picture(result)


def test_live_frames_without_room_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "live.mp4"
    recorder = GatedRecorder(path, options=RecorderOptions(queue_frames=2))
    results = make_results([i / 10 for i in range(8)])
    recorder.write(results[0])
    recorder.waiting.acquire()  # the encoder holds the first one, the queue is empty
    for result in results[1:6]:
        recorder.write(result)
    assert recorder.dropped_frames == 3
    recorder.gate.release(10)
    recorder.close()
    assert recorder.recorded_frames == 3
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2])


class SlowRecorderOf8K(VideoRecorder):
    """Encodes something small for every release of `gate` only."""

    gate = threading.Semaphore(0)
    waiting = threading.Semaphore(0)

    def _picture(self, result: Result) -> UInt8Array:
        self.waiting.release()
        self.gate.acquire()
        return np.zeros((48, 64, 3), np.uint8)


def test_pictures_of_8k_film_do_not_fill_the_memory_while_they_wait(tmp_path: Path) -> None:
    nothing = np.uint8(0)
    image = np.broadcast_to(nothing, (4320, 7680, 3))
    labels = np.broadcast_to(nothing, (4320, 7680))
    people = replace(Instances.none((1, 1)), labels=labels)
    recorder = SlowRecorderOf8K(tmp_path / "8k.mp4")
    for index in range(8):
        recorder.write(Result(Frame(image, index, index / 10, 0.0), people, image))
        if index == 0:
            recorder.waiting.acquire()
    recorder.gate.release(8)
    recorder.close()
    assert recorder.recorded_frames == 3  # one in the encoder, two wait, of 232 MB each
    assert recorder.dropped_frames == 5


def test_a_frame_shown_again_is_not_counted_twice(tmp_path: Path) -> None:
    path = tmp_path / "paused.mp4"
    recorder = VideoRecorder(path, options=RecorderOptions(when_full=WhenFull.WAIT))
    write_all(recorder, make_results([0.0, 0.1, 0.1, 0.2]))
    assert len(read_times_s(path)) == recorder.recorded_frames == 3


def test_offline_frames_wait_for_room(tmp_path: Path) -> None:
    path = tmp_path / "offline.mp4"
    options = RecorderOptions(when_full=WhenFull.WAIT, queue_frames=1)
    recorder = VideoRecorder(path, options=options)
    write_all(recorder, make_results([i / 10 for i in range(50)]))
    assert recorder.dropped_frames == 0
    assert len(read_times_s(path)) == recorder.recorded_frames == 50


def test_the_thread_ends_with_the_recording(tmp_path: Path) -> None:
    def is_there() -> bool:
        return any(thread.name == "recorder a.mp4" for thread in threading.enumerate())

    recorder = VideoRecorder(tmp_path / "a.mp4")
    assert is_there()
    recorder.close()
    assert not is_there()
