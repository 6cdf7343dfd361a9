"""The sound of a recorded file: copied, in step, never in the way of the pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.packet import Packet

from engine.errors import SinkError
from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from engine.types import Frame, Instances, Result
from tests.engine.sink_cases import duration_s, make_result, make_results, read_times_s, write_all
from tests.engine.sink_sound_cases import (
    FPS,
    RATE,
    SOURCE_S,
    count_packets,
    grid,
    make_clip,
    options,
    read_sound,
    record,
    sync_error_s,
)


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


def test_after_a_jump_ahead_the_sound_jumps_too(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "sought.mp4"
    results = make_results([*grid(0.0, 1.0), *grid(2.4, 3.4)])
    jumped = [replace(result, jumps=int(i >= FPS)) for i, result in enumerate(results)]
    write_all(VideoRecorder(path, options=options(clip)), jumped)
    assert abs(sync_error_s(path, clip, 0.5, 0.5)) < 0.001
    assert abs(sync_error_s(path, clip, 1.5, 2.9)) < 0.001
    assert duration_s(path) == pytest.approx(2.0, abs=0.002)


def test_opus_fits_into_webm(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "opus.mkv", "libopus")
    path = tmp_path / "out.webm"
    assert record(path, source, grid(1, 3)).audio_warning == ""
    assert abs(sync_error_s(path, source, 1.0, 2.0)) < 0.002


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


def two_tracks(path: Path, clip: Path, default: int) -> Path:
    """The sound of `clip` twice, number `default` of them marked as the default one."""
    with av.open(str(clip)) as one, av.open(str(path), "w") as two:
        [sound] = one.streams.audio
        tracks = [two.add_stream_from_template(sound) for _ in range(2)]
        for number, track in enumerate(tracks):
            track.disposition = av.stream.Disposition.default if number == default else 0
        packets = [bytes(packet) for packet in one.demux(sound) if packet.pts is not None]
        for index, data in enumerate(packets):
            for track in tracks:
                packet = av.Packet(data)
                packet.pts = packet.dts = index * 1024
                packet.time_base, packet.stream = Fraction(1, RATE), track
                two.mux(packet)
    return path


@pytest.mark.parametrize(("default", "which"), [(0, "the first"), (1, "number 2")])
def test_of_several_sound_tracks_the_one_heard_is_kept_and_it_is_said(
    default: int, which: str, clip: Path, tmp_path: Path
) -> None:
    source = two_tracks(tmp_path / "two.mkv", clip, default)
    recorder = record(tmp_path / "out.mp4", source, [0.0, 0.5, 1.0])
    assert recorder.audio_warning == f"Of the 2 sound tracks of two.mkv {which} was kept."
    with av.open(str(tmp_path / "out.mp4")) as written:
        assert len(written.streams.audio) == 1


def test_of_several_sound_tracks_one_that_can_be_read_is_kept(clip: Path, tmp_path: Path) -> None:
    source = two_tracks(tmp_path / "two.mkv", clip, default=0)
    source.write_bytes(source.read_bytes().replace(b"A_AAC", b"A_NEW", 1))
    path = tmp_path / "out.mp4"
    recorder = record(path, source, grid(0, 1))
    assert recorder.audio_warning == "Of the 2 sound tracks of two.mkv number 2 was kept."
    assert len(read_times_s(path)) == FPS
    assert count_packets(path) > 0


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


def test_a_name_that_is_too_long_is_told_of_a_film_with_sound_too(
    clip: Path, tmp_path: Path
) -> None:
    with pytest.raises(SinkError, match="too long"):
        VideoRecorder(tmp_path / f"{'a' * 300}.mp4", options=options(clip))


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


class CountingFile(io.BytesIO):
    """A film that counts how much of it was read."""

    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("kind", [".mp4", ".mov"])
def test_the_pictures_of_a_film_are_not_read_a_second_time_for_its_sound(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a film whose sound is over, all of it would be read at once, and pictures be dropped."""
    film = tmp_path / f"film{kind}"
    with (
        av.open(str(make_clip(tmp_path / "small.mp4", "aac"))) as small,
        av.open(str(film), "w") as output,
    ):
        tracks = [output.add_stream_from_template(stream) for stream in small.streams]
        for packet in small.demux():
            if packet.dts is None:
                continue
            kept = packet
            if packet.stream.type == "video":
                kept = Packet(bytes(packet) + bytes(400_000))
                kept.pts, kept.dts, kept.duration = packet.pts, packet.dts, packet.duration
                kept.time_base, kept.is_keyframe = packet.time_base, packet.is_keyframe
            kept.stream = tracks[packet.stream.index]
            output.mux(kept)
    counted = CountingFile(film.read_bytes())
    monkeypatch.setattr("engine.sink.audio.open_file", lambda _path: av.open(counted))
    path = tmp_path / "out.mp4"
    assert record(path, film, grid(0, SOURCE_S)).audio_warning == ""
    assert abs(sync_error_s(path, film, 3.0, 3.0)) < 0.002
    assert counted.bytes_read < film.stat().st_size / 4
