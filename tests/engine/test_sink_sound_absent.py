"""Recordings of a film where it has no sound: nothing waits for any, so the pictures are kept."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import av
import pytest

from engine.sink.recorder import VideoRecorder
from tests.engine.sink_cases import duration_s, make_results, playable_times_s, read_times_s
from tests.engine.sink_sound_cases import (
    FPS,
    SOURCE_S,
    count_packets,
    grid,
    loudness,
    make_clip,
    options,
    record,
    sync_error_s,
    with_pause,
)
from tests.waiting import wait_until

PICTURES_S = 9.0

LOST_S = 1.5
"""The encoder holds some pictures, and the muxer waits half a second for the sound."""


QUIET = 1e-3


def left_by_a_kill(path: Path, source: Path, times_s: Sequence[float]) -> Path:
    """What would lie on the disk if the process were killed after the last picture."""
    left = path.with_name(f"left{path.suffix}")
    with contextlib.closing(VideoRecorder(path, options=options(source))) as recorder:
        for result in make_results(times_s, noise=True):
            recorder.write(result)
        wait_until(lambda: recorder.recorded_frames == len(times_s))
        shutil.copy(path, left)
    return left


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["aac", "ac3", "libmp3lame", "flac", "pcm_s24le"])
def test_where_the_sound_is_over_a_killed_process_leaves_the_pictures(
    codec: str, suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", codec, pictures_s=PICTURES_S)
    path, times_s = tmp_path / f"out{suffix}", grid(SOURCE_S + 1, PICTURES_S)
    kept = playable_times_s(left_by_a_kill(path, film, times_s))
    assert kept[0] == 0.0
    assert kept[-1] > PICTURES_S - SOURCE_S - 1 - LOST_S
    assert len(read_times_s(path)) == len(times_s)
    assert duration_s(path) == pytest.approx(len(times_s) / FPS, abs=0.01)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["aac", "ac3", "libopus", "flac", "pcm_s16le"])
def test_where_the_sound_begins_late_it_is_in_step_and_a_killed_process_leaves_the_pictures(
    codec: str, suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", codec, audio_late_s=5.0, pictures_s=PICTURES_S)
    path = tmp_path / f"out{suffix}"
    kept = playable_times_s(left_by_a_kill(path, film, grid(0, 4.5)))
    assert kept[-1] > 4.5 - LOST_S
    path.unlink()
    assert record(path, film, grid(0, PICTURES_S)).audio_warning == ""
    assert read_times_s(path) == pytest.approx(grid(0, PICTURES_S), abs=0.001)
    for time_s in (5.3, 8.5):
        assert abs(sync_error_s(path, film, time_s, time_s)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_jump_from_where_the_sound_is_over_to_where_it_is_brings_it_back(
    suffix: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", "aac", pictures_s=PICTURES_S)
    path = tmp_path / f"out{suffix}"
    record(path, film, [*grid(SOURCE_S + 1, SOURCE_S + 4), *grid(0.0, 3.0)])
    assert abs(sync_error_s(path, film, 4.0, 1.0)) < 0.002
    assert abs(sync_error_s(path, film, 5.5, 2.5)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_sound_track_that_holds_nothing_keeps_no_picture_back(
    suffix: str, tmp_path: Path
) -> None:
    whole = make_clip(tmp_path / "whole.mkv", "aac")
    film = tmp_path / "film.mkv"
    with av.open(str(whole)) as source, av.open(str(film), "w") as output:
        tracks = [output.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = tracks[packet.stream.index]
                output.mux(packet)
    assert count_packets(film) == 0
    path = tmp_path / f"out{suffix}"
    kept = playable_times_s(left_by_a_kill(path, film, grid(0, SOURCE_S)))
    assert kept[-1] > SOURCE_S - LOST_S


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("codec", ["aac", "ac3", "libopus", "flac", "alac", "pcm_s16le"])
def test_nothing_is_heard_where_a_film_is_silent(codec: str, suffix: str, tmp_path: Path) -> None:
    """Whatever it is that the muxer gets in place of sound."""
    film = make_clip(tmp_path / "film.mkv", codec, audio_late_s=5.0, pictures_s=PICTURES_S)
    path = tmp_path / f"out{suffix}"
    record(path, film, grid(0, PICTURES_S))
    assert loudness(path, 0.0, 4.9) < QUIET < loudness(path, 5.0, 5.5) < 1.0
    film = make_clip(tmp_path / "film.mkv", codec, pictures_s=PICTURES_S)
    path.unlink()
    record(path, film, grid(SOURCE_S + 1, PICTURES_S))
    assert loudness(path, 0.0, SOURCE_S) < QUIET


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    ("codec", "from_s"), [("aac", 0.6), ("aac", 1.0), ("aac", 1.88), ("libopus", 1.0)]
)
def test_a_part_that_begins_in_a_pause_has_all_of_the_sound_after_it(
    codec: str, from_s: float, suffix: str, tmp_path: Path
) -> None:
    """In MP4 the last packet before a pause lasts until its end."""
    whole = make_clip(tmp_path / "whole.mp4", codec)
    path = tmp_path / f"out{suffix}"
    record(path, with_pause(whole), grid(from_s, SOURCE_S))
    assert loudness(path, 0.0, 1.9 - from_s) < QUIET
    for time_s in (2.2, 3.5):
        assert abs(sync_error_s(path, whole, time_s - from_s, time_s)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_a_part_that_ends_in_a_pause_is_no_longer_than_its_pictures(
    codec: str, suffix: str, tmp_path: Path
) -> None:
    whole = make_clip(tmp_path / "whole.mp4", codec)
    path = tmp_path / f"out{suffix}"
    record(path, with_pause(whole), grid(0, 1.0))
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(1.0 * av.time_base, rel=0.02)
