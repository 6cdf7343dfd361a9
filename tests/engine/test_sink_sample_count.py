"""Sound without compression in MP4 and MOV stays in step, though its samples have no times."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from tests.engine.sink_cases import make_results, write_all
from tests.engine.sink_sound_cases import (
    SOURCE_S,
    codec_of_sound,
    count_packets,
    grid,
    loudness,
    make_clip,
    record,
    sync_error_s,
    with_pause,
)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_f32le"])
def test_after_a_pause_of_the_sound_it_is_in_step(codec: str, suffix: str, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", codec)
    path = tmp_path / f"out{suffix}"
    assert record(path, with_pause(whole), grid(0, SOURCE_S)).audio_warning == ""
    assert codec_of_sound(path) == codec
    for time_s in (0.2, 2.2, 3.5):
        assert abs(sync_error_s(path, whole, time_s, time_s)) < 0.001


def test_a_pause_is_silent_where_silence_is_not_0(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", "pcm_u8")
    path = tmp_path / "out.mov"
    record(path, with_pause(whole), grid(0, SOURCE_S))
    assert codec_of_sound(path) == "pcm_u8"
    assert loudness(path, 0.6, 1.9) < 0.01 < loudness(path, 2.0, 3.0)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_alaw", "pcm_mulaw"])
def test_what_stands_in_for_sound_is_silent_where_silence_is_not_0(
    codec: str, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi", codec, pictures_s=6.0)
    path = tmp_path / "out.mov"
    record(path, film, grid(SOURCE_S + 0.5, 6.0))
    assert codec_of_sound(path) == codec
    assert count_packets(path) == 1
    assert loudness(path, 0.0, 1.0) < 0.01


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_loop_is_in_step_in_its_last_round_too(suffix: str, tmp_path: Path) -> None:
    """Its rounds are no whole number of packets long."""
    film = make_clip(tmp_path / "film.mkv", "pcm_s16le")
    path, rounds, pictures, fps = tmp_path / f"out{suffix}", 20, 31, 30
    loop = [0.5 + i / fps for _ in range(rounds) for i in range(pictures)]
    options = RecorderOptions(when_full=WhenFull.WAIT, fps=fps, audio_from=film)
    write_all(VideoRecorder(path, options=options), make_results(loop))
    for number in (0, 1, rounds - 1):
        begins_s = number * pictures / fps
        assert abs(sync_error_s(path, film, begins_s + 0.5, 1.0)) < 0.001
