"""Sound that does not fit into the file as it is: encoded anew, in step all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.sink.formats import VIDEO_FORMATS
from engine.sink.recorder import VideoRecorder
from tests.engine.sink_cases import duration_s, read_times_s
from tests.engine.sink_sound_cases import (
    FPS,
    RATE,
    SOURCE_S,
    codec_of_sound,
    grid,
    make_clip,
    read_sound,
    record,
    sync_error_s,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "noise.mp4", "aac")


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


@pytest.mark.parametrize("kept", ["stereo", "5.1", "12 channels"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_whose_channels_have_no_names_costs_no_pictures(
    suffix: str, kept: str, tmp_path: Path
) -> None:
    """As all sound of AVI: MP4 has to say which channel is which."""
    source = make_clip(tmp_path / "camera.avi", "pcm_s16le", layout=kept)
    path = tmp_path / f"out{suffix}"
    recorder = record(path, source, grid(0, SOURCE_S))
    assert recorder.audio_warning == ""
    assert len(read_times_s(path)) == SOURCE_S * FPS
    assert abs(sync_error_s(path, source, 3.0, 3.0)) < 0.001
    is_copied = suffix != ".mp4" or kept != "12 channels"
    assert codec_of_sound(path) == ("pcm_s16le" if is_copied else "aac")


def test_without_an_encoder_the_sound_is_left_out_with_a_warning(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    webm = replace(VIDEO_FORMATS[".webm"], sound_encoder="no_such_encoder")
    monkeypatch.setattr(VideoRecorder, "formats", {".webm": webm})
    path = tmp_path / "out.webm"
    recorder = record(path, clip, grid(0, 1))
    assert "(aac)" in recorder.audio_warning
    assert len(read_times_s(path)) == FPS


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
