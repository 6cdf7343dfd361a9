"""Recordings: real time, right colours, every way of ending."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import ConfigError, SinkError
from engine.sink import formats
from engine.sink.options import RecorderOptions
from engine.sink.outfile import OutputFile, sink_error
from engine.sink.recorder import VideoRecorder
from engine.sink.timeline import TICKS_PER_S
from engine.sink.worker import WhenFull
from engine.types import Result, UInt8Array
from tests.engine.sink_cases import (
    LOSSLESS,
    ORANGE_BGR,
    duration_s,
    file_size_limit,
    make_result,
    make_results,
    playable_times_s,
    read_frames,
    read_picture,
    read_times_s,
    write_all,
)

CONTAINERS = (".mp4", ".mov", ".mkv", ".webm")
MILLISECOND = 0.00051
"""Matroska rounds times to whole milliseconds."""


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_irregular_frames_keep_their_distances_and_begin_at_zero(
    suffix: str, tmp_path: Path
) -> None:
    steps = np.random.default_rng(1).uniform(0.004, 0.4, 30)
    times = (5.0 + np.cumsum(steps)).tolist()
    path = tmp_path / f"irregular{suffix}"
    write_all(VideoRecorder(path, options=LOSSLESS), make_results(times))
    read = read_times_s(path)
    assert read[0] == 0.0
    assert all(a < b for a, b in pairwise(read))
    assert read == pytest.approx([t - times[0] for t in times], abs=MILLISECOND)


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("fps", [24.0, 30000 / 1001, 10.0])
def test_the_last_frame_lasts_as_long_as_the_others(
    suffix: str, fps: float, tmp_path: Path
) -> None:
    path = tmp_path / f"steady{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    write_all(recorder, make_results([i / fps for i in range(25)]))
    assert duration_s(path) == pytest.approx(25 / fps, abs=2 * MILLISECOND)
    assert recorder.duration_s == pytest.approx(25 / fps, abs=1e-4)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_one_frame_is_a_video(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"one{suffix}"
    options = RecorderOptions(when_full=WhenFull.WAIT, fps=10.0)
    write_all(VideoRecorder(path, options=options), [make_result(0, 7.0)])
    assert read_times_s(path) == [0.0]
    assert duration_s(path) == pytest.approx(0.1, abs=2 * MILLISECOND)


def test_frames_closer_than_the_clock_stay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "fast.mp4"
    times = [i * 1e-7 for i in range(5)]
    write_all(VideoRecorder(path, options=LOSSLESS), make_results(times))
    assert read_times_s(path) == pytest.approx([i / TICKS_PER_S for i in range(5)])


def test_a_frame_shown_again_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "paused.mp4"
    times = [0.0, 0.04, 0.04, 0.04, 0.08]
    write_all(VideoRecorder(path, options=LOSSLESS), make_results(times))
    assert read_times_s(path) == pytest.approx([0.0, 0.04, 0.08])


def test_a_jump_back_goes_on_where_the_recording_is(tmp_path: Path) -> None:
    path = tmp_path / "loop.mp4"
    times = [10.0, 10.1, 10.2, 3.0, 3.1, 3.2]
    write_all(VideoRecorder(path, options=LOSSLESS), make_results(times))
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_a_jump_ahead_leaves_no_pause_but_a_gap_of_the_source_does(tmp_path: Path) -> None:
    path = tmp_path / "sought.mp4"
    results = make_results([0.0, 0.1, 60.0, 60.1, 60.5])
    jumped = [replace(result, jumps=int(i >= 2)) for i, result in enumerate(results)]
    write_all(VideoRecorder(path, options=LOSSLESS), jumped)
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.7])


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_gap_longer_than_a_file_can_hold_is_left_out(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"overnight{suffix}"
    night_s = 12 * 3600.0
    results = make_results([0.0, 0.1, night_s, night_s + 0.1])
    write_all(VideoRecorder(path, options=LOSSLESS), results)
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=MILLISECOND)


def test_one_picture_a_day_is_a_frame_rate_too(tmp_path: Path) -> None:
    path = tmp_path / "daily.mp4"
    options = replace(LOSSLESS, fps=1 / 86_400)
    write_all(VideoRecorder(path, options=options), make_results([0.0, 0.1]))
    assert read_times_s(path) == pytest.approx([0.0, 0.1])


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


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_disk_that_fills_up_is_told_and_the_beginning_plays(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"full{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    results = [make_result(i, i / 10, (120, 160), noise=True) for i in range(100)]
    with file_size_limit(300_000):
        with pytest.raises(SinkError, match="No space is left"):
            write_all(recorder, results)
        recorder.close()
    assert path.stat().st_size <= 300_000
    frames = playable_times_s(path)
    assert 5 <= len(frames) < 100
    assert frames == pytest.approx([i / 10 for i in range(len(frames))], abs=MILLISECOND)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_an_error_while_finishing_is_told_by_close(tmp_path: Path) -> None:
    path = tmp_path / "end.mp4"
    recorder = VideoRecorder(path, options=LOSSLESS)
    with file_size_limit(0):
        recorder.write(make_result(0, 0.0))
        with pytest.raises(SinkError, match="No space is left"):
            recorder.close()
        recorder.close()


CHILD = """
import sys
from engine.sink.recorder import VideoRecorder
from tests.engine.sink_cases import LOSSLESS, make_results

class TellingRecorder(VideoRecorder):
    def _encode(self, result):
        super()._encode(result)
        if result.frame.index == 149:
            print("150 frames are with the encoder", flush=True)

recorder = TellingRecorder(sys.argv[1], options=LOSSLESS)
for result in make_results([i / 30 for i in range(150)], size_hw=(120, 160), noise=True):
    recorder.write(result)
sys.stdin.readline()
"""


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_killed_process_leaves_nearly_everything(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"killed{suffix}"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"150")
        child.kill()
    if sys.platform != "win32":
        assert child.returncode == -signal.SIGKILL
    times = read_times_s(path)
    assert 120 <= len(times) <= 150  # less than a second is lost
    assert times == pytest.approx([i / 30 for i in range(len(times))], abs=MILLISECOND)


def top_level_boxes(path: Path) -> list[str]:
    """The kinds of the boxes an MP4 file consists of (ISO 14496-12 §4.2)."""
    data, kinds = path.read_bytes(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        kinds.append(data[4:8].decode("ascii"))
        data = data[size:]
    return kinds


def test_a_finished_mp4_has_one_index_and_key_frames_to_seek_to(tmp_path: Path) -> None:
    path = tmp_path / "index.mp4"
    write_all(
        VideoRecorder(path, options=LOSSLESS),
        make_results([i / 30 for i in range(200)], noise=True),
    )
    assert top_level_boxes(path) == ["ftyp", "free", "mdat", "moov"]
    frames = read_frames(path)
    keys = [i for i, frame in enumerate(frames) if frame.key_frame]
    assert keys[0] == 0
    assert max(b - a for a, b in pairwise([*keys, 200])) <= formats.KEY_INTERVAL_FRAMES


def test_after_an_error_the_good_part_of_a_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "part"
    file = OutputFile(path)
    file.begin()
    with file_size_limit(8):
        assert file.write(b"0123456789") == 10
        assert file.seek(0) == 0
        assert file.write(b"overwritten") == 11
        assert file.tell() == 11
    assert path.read_bytes() == b"01234567"
    with pytest.raises(SinkError, match="No space"):
        file.raise_error()
    file.close()
    assert path.exists()


def test_system_errors_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    assert "No permission" in str(sink_error(path, PermissionError(13, "denied")))
    assert "is a folder" in str(sink_error(path, IsADirectoryError()))
    assert "Input/output error" in str(sink_error(path, OSError(5, os.strerror(5))))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_an_unwritable_folder_is_told_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SinkError, match="No permission"):
        VideoRecorder(tmp_path / "a.mp4")
