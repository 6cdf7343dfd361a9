"""The sound of a recorded file: copied, in step, never in the way of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from engine.errors import SinkError
from engine.sink.formats import VIDEO_FORMATS
from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from engine.types import Frame, Instances, Result
from tests.engine.sink_cases import duration_s, make_result, make_results, read_times_s, write_all

RATE = 48_000
FPS = 25
SOURCE_S = 4.0

Samples = npt.NDArray[np.float32]


def make_clip(
    path: Path,
    audio_codec: str,
    start_s: float = 0.0,
    audio_late_s: float = 0.0,
    pictures_s: float = SOURCE_S,
) -> Path:
    """Four seconds of noise as sound, which no two moments share, and pictures with it."""
    noise = np.random.default_rng(0).normal(0, 0.2, (1, int(SOURCE_S * RATE))).astype(np.float32)
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg4", rate=FPS)
        video.width, video.height = 64, 48
        audio = output.add_stream(audio_codec, rate=RATE)
        audio.codec_context.layout = "mono"
        for i in range(int(pictures_s * FPS)):
            frame = VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            frame.pts, frame.time_base = i + round(start_s * FPS), Fraction(1, FPS)
            output.mux(video.encode(frame))
        for start in range(0, noise.shape[1], 960):
            sound = AudioFrame.from_ndarray(noise[:, start : start + 960].copy(), "fltp", "mono")
            sound.sample_rate, sound.time_base = RATE, Fraction(1, RATE)
            sound.pts = start + round((start_s + audio_late_s) * RATE)
            output.mux(audio.encode(sound))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


def options(audio_from: Path) -> RecorderOptions:
    return RecorderOptions(when_full=WhenFull.WAIT, fps=FPS, audio_from=audio_from)


def record(path: Path, source: Path, times_s: Sequence[float]) -> VideoRecorder:
    recorder = VideoRecorder(path, options=options(source))
    write_all(recorder, make_results(times_s))
    return recorder


def read_sound(path: Path) -> tuple[float, Samples]:
    """Time of the first sample, and the first channel from there on, gaps as silence."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    start_s = frames[0].time
    samples = np.zeros(round((frames[-1].time - start_s) * RATE) + frames[-1].samples, np.float32)
    for frame in frames:
        first = round((frame.time - start_s) * RATE)
        samples[first : first + frame.samples] = frame.to_ndarray()[0]
    return start_s, samples


def count_packets(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.pts is not None for packet in container.demux(audio=0))


def sync_error_s(output: Path, source: Path, output_s: float, source_s: float) -> float:
    """How much later than due 0.2 s of sound at `output_s` is, by correlation."""
    source_start_s, original = read_sound(source)
    output_start_s, copy = read_sound(output)
    first = round((output_s - output_start_s) * RATE)
    piece = copy[first : first + RATE // 5]
    due = round((source_s - source_start_s) * RATE)
    reach = RATE // 10
    window = original[due - reach : due + reach + len(piece)]
    return (reach - int(np.argmax(np.correlate(window, piece, "valid")))) / RATE


def grid(first_s: float, last_s: float) -> list[float]:
    return [i / FPS for i in range(round(first_s * FPS), round(last_s * FPS))]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "noise.mp4", "aac")


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_stays_in_step_over_the_whole_file(suffix: str, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / f"whole{suffix}"
    recorder = record(path, clip, grid(0, SOURCE_S))
    assert recorder.audio_warning == ""
    for time_s in (0.5, 3.0):
        assert abs(sync_error_s(path, clip, time_s, time_s)) < 0.001
    assert count_packets(clip) - 1 <= count_packets(path) <= count_packets(clip)
    assert read_times_s(path)[0] == 0.0


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_part_gets_the_sound_of_that_part(suffix: str, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / f"part{suffix}"
    record(path, clip, grid(1.0, 3.0))
    assert abs(sync_error_s(path, clip, 0.5, 1.5)) < 0.001
    assert abs(sync_error_s(path, clip, 1.5, 2.5)) < 0.001
    start_s, samples = read_sound(path)
    assert 0 <= start_s < 0.03
    assert start_s + len(samples) / RATE == pytest.approx(2.0, abs=0.03)
    assert duration_s(path) == pytest.approx(2.0, abs=1 / FPS)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_sound_longer_than_the_picture_is_kept_to_its_end(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "short.mp4", "aac", pictures_s=1.2)
    path = tmp_path / f"out{suffix}"
    recorder = record(path, source, grid(0, 1.2))
    assert recorder.audio_warning == ""
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.03)
    for time_s in (0.5, 1.4, 3.5):
        assert abs(sync_error_s(path, source, time_s, time_s)) < 0.001
    assert read_times_s(path) == pytest.approx(grid(0, 1.2), abs=0.001)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_cut_before_the_last_picture_cuts_longer_sound_too(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "short.mkv", "aac", pictures_s=1.2)
    path = tmp_path / f"out{suffix}"
    record(path, source, grid(0, 1.2)[:-1])
    start_s, samples = read_sound(path)
    assert start_s + len(samples) / RATE == pytest.approx(1.16, abs=0.05)


def test_sound_that_begins_later_than_the_picture_still_does(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "late.mkv", "aac", audio_late_s=0.7)
    path = tmp_path / "out.mp4"
    record(path, source, grid(0, SOURCE_S))
    assert read_sound(path)[0] == pytest.approx(read_sound(source)[0], abs=0.03)
    assert abs(sync_error_s(path, source, 2.0, 2.0)) < 0.002


def test_after_a_jump_back_the_sound_jumps_too(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "loop.mp4"
    record(path, clip, [*grid(2.0, 3.0), *grid(0.4, 1.6)])
    assert abs(sync_error_s(path, clip, 0.5, 2.5)) < 0.001
    assert abs(sync_error_s(path, clip, 1.3, 0.7)) < 0.001
    assert duration_s(path) == pytest.approx(2.2, abs=0.002)


def codec_of_sound(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.canonical_name


def test_after_a_jump_ahead_the_sound_jumps_too(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "sought.mp4"
    results = make_results([*grid(0.0, 1.0), *grid(2.4, 3.4)])
    jumped = [replace(result, jumps=int(i >= FPS)) for i, result in enumerate(results)]
    write_all(VideoRecorder(path, options=options(clip)), jumped)
    assert abs(sync_error_s(path, clip, 0.5, 0.5)) < 0.001
    assert abs(sync_error_s(path, clip, 1.5, 2.9)) < 0.001
    assert duration_s(path) == pytest.approx(2.0, abs=0.002)


def test_sound_that_does_not_fit_is_encoded_anew_and_in_step(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.webm"
    recorder = record(path, clip, grid(0, SOURCE_S))
    assert recorder.audio_warning == ""
    assert codec_of_sound(path) == "opus"
    for time_s in (0.1, 0.5, 3.0, 3.7):
        assert abs(sync_error_s(path, clip, time_s, time_s)) < 0.001
    assert read_times_s(path)[0] == 0.0
    start_s, samples = read_sound(path)
    assert start_s == pytest.approx(0.0, abs=0.002)
    assert len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.03)


def test_a_part_and_a_jump_back_are_in_step_when_encoded_anew(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "part.webm"
    record(path, clip, [*grid(2.0, 3.0), *grid(0.4, 1.6)])
    for output_s, source_s in ((0.1, 2.1), (0.7, 2.7), (1.1, 0.5), (1.9, 1.3)):
        assert abs(sync_error_s(path, clip, output_s, source_s)) < 0.001
    assert duration_s(path) == pytest.approx(2.2, abs=0.03)


def test_sound_that_begins_later_does_so_when_encoded_anew(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "late.mkv", "aac", audio_late_s=0.7)
    path = tmp_path / "out.webm"
    record(path, source, grid(0, SOURCE_S))
    assert read_sound(path)[0] == pytest.approx(0.7, abs=0.05)
    assert abs(sync_error_s(path, source, 2.0, 2.0)) < 0.002


def test_without_an_encoder_the_sound_is_left_out_with_a_warning(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    webm = replace(VIDEO_FORMATS[".webm"], sound_encoder="no_such_encoder")
    monkeypatch.setattr(VideoRecorder, "_formats", {".webm": webm})
    path = tmp_path / "out.webm"
    recorder = record(path, clip, grid(0, 1))
    assert "(aac)" in recorder.audio_warning
    assert len(read_times_s(path)) == FPS


def test_opus_fits_into_webm(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "opus.mkv", "libopus")
    path = tmp_path / "out.webm"
    assert record(path, source, grid(1, 3)).audio_warning == ""
    assert abs(sync_error_s(path, source, 1.0, 2.0)) < 0.002


@pytest.mark.parametrize(("codec", "suffix"), [("pcm_u8", ".mp4"), ("flac", ".mov")])
def test_sound_that_a_muxer_refuses_becomes_aac(codec: str, suffix: str, tmp_path: Path) -> None:
    """pcm_u8 is refused when the track is added, flac when the header is written."""
    source = make_clip(tmp_path / "source.mkv", codec)
    path = tmp_path / f"out{suffix}"
    recorder = record(path, source, grid(0, SOURCE_S))
    assert recorder.audio_warning == ""
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert codec_of_sound(path) == "aac"
    for time_s in (0.1, 3.0):
        assert abs(sync_error_s(path, source, time_s, time_s)) < 0.001


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_timeline_that_does_not_begin_at_zero(suffix: str, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "stream.ts", "aac", start_s=1.4)
    times = read_times_s(source)
    assert times[0] > 1.0
    path = tmp_path / f"out{suffix}"
    recorder = record(path, source, times)
    assert recorder.audio_warning == ""
    assert abs(sync_error_s(path, source, 2.0, times[0] + 2.0)) < 0.001
    assert abs(sync_error_s(path, source, 0.2, times[0] + 0.2)) < 0.001


def test_a_source_without_sound_is_no_reason_to_warn(tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    write_all(VideoRecorder(silent), make_results([0.0, 0.1]))
    path = tmp_path / "out.mp4"
    assert record(path, silent, grid(0, 1)).audio_warning == ""
    assert len(read_times_s(path)) == FPS


def test_of_several_sound_tracks_the_first_is_kept_and_it_is_said(
    clip: Path, tmp_path: Path
) -> None:
    source = tmp_path / "two.mkv"
    with av.open(str(clip)) as one, av.open(str(source), "w") as two:
        [sound] = one.streams.audio
        tracks = [two.add_stream_from_template(sound) for _ in range(2)]
        packets = [bytes(packet) for packet in one.demux(sound) if packet.pts is not None]
        for index, data in enumerate(packets):
            for track in tracks:
                packet = av.Packet(data)
                packet.pts = packet.dts = index * 1024
                packet.time_base, packet.stream = Fraction(1, RATE), track
                two.mux(packet)
    recorder = record(tmp_path / "out.mp4", source, [0.0, 0.5, 1.0])
    assert recorder.audio_warning == "Of the 2 sound tracks of two.mkv the first was kept."
    with av.open(str(tmp_path / "out.mp4")) as written:
        assert len(written.streams.audio) == 1


def test_an_unreadable_source_of_sound_is_a_warning(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    path = tmp_path / "out.mp4"
    assert "cannot be read" in record(path, broken, grid(0, 1)).audio_warning
    assert len(read_times_s(path)) == FPS


def test_a_source_that_is_cut_off_keeps_the_sound_it_has(clip: Path, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "full.mkv", "aac")
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    path = tmp_path / "out.mp4"
    record(path, cut, grid(0, SOURCE_S))
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert 1.0 < len(read_sound(path)[1]) / RATE < 3.0


def test_the_file_being_read_is_never_overwritten(clip: Path) -> None:
    before = clip.read_bytes()
    choice = RecorderOptions(overwrite=True, audio_from=clip)
    with pytest.raises(SinkError, match="being read"):
        VideoRecorder(clip, options=choice)
    assert clip.read_bytes() == before


def test_a_recording_without_frames_lets_go_of_the_source(clip: Path, tmp_path: Path) -> None:
    recorder = VideoRecorder(tmp_path / "none.mp4", options=options(clip))
    recorder.close()
    assert not (tmp_path / "none.mp4").exists()
    recorder.write(make_result(0, 0.0))


@pytest.mark.shared
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_real_clip_keeps_its_frames_duration_and_sound(
    suffix: str, shared_dir: Path, tmp_path: Path
) -> None:
    source = shared_dir / "data/clips/juggler-with-audio.mp4"
    if not source.exists():
        pytest.skip(f"no clip at {source}")
    path = tmp_path / f"juggler{suffix}"
    choice = RecorderOptions(
        when_full=WhenFull.WAIT, preset="ultrafast", fps=24.0, audio_from=source
    )
    recorder = VideoRecorder(path, size_hw=(180, 320), options=choice)
    times = []
    with av.open(str(source)) as container:
        for i, frame in enumerate(container.decode(video=0)):
            image = frame.to_ndarray(format="bgr24")
            result = Result(Frame(image, i, frame.time, 0.0), Instances.none((720, 1280)), image)
            recorder.write(result)
            times.append(frame.time)
    recorder.close()
    assert read_times_s(path) == pytest.approx(times, abs=0.00051)
    assert duration_s(path) == pytest.approx(duration_s(source), abs=1 / 24)
    assert count_packets(source) - 1 <= count_packets(path) <= count_packets(source)
    assert recorder.audio_warning == ""
