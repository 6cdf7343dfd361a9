"""Sound that begins before the pictures of its film is kept, and all of it stays in step."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.sink.recorder import VideoRecorder
from engine.source.video_file import VideoFileSource
from engine.types import Frame, Instances, Result
from tests.engine.clips import read_all
from tests.engine.sink_cases import duration_s, read_times_s, write_all
from tests.engine.sink_sound_cases import (
    FPS,
    RATE,
    SOURCE_S,
    make_clip,
    options,
    read_sound,
    sync_error_s,
)

LATE_S = 0.72


def export(path: Path, source: Path, frames: list[Frame], jumps: tuple[int, ...] = ()) -> Path:
    results = [
        Result(frame, Instances.none(frame.size_hw), frame.image_bgr, jumps=sum(jumps[: i + 1]))
        for i, frame in enumerate(frames)
    ]
    write_all(VideoRecorder(path, options=options(source)), results)
    return path


@pytest.fixture(scope="module", params=[".mkv", ".mp4", ".ts"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / f"late{request.param}"
    return make_clip(path, "aac", pictures_late_s=LATE_S)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_sound_before_the_first_picture_is_kept_in_step(
    suffix: str, film: Path, tmp_path: Path
) -> None:
    frames = read_all(VideoFileSource(film))
    start_s = frames[0].shown_s
    path = export(tmp_path / f"out{suffix}", film, frames)
    sound_s, samples = read_sound(path)
    assert sound_s == pytest.approx(0, abs=0.03)
    assert len(samples) / RATE == pytest.approx(SOURCE_S, abs=0.05)
    for at_s in (0.1, 0.5, 1.0, 3.5):
        assert abs(sync_error_s(path, film, at_s, start_s + at_s)) < 0.002
    # Every player shows a picture that lies at 0 from there on.
    due_s = [0.0, *(frame.time_s - start_s for frame in frames[1:])]
    assert read_times_s(path) == pytest.approx(due_s, abs=0.001)


def test_a_recording_that_begins_later_has_the_sound_from_there_on(
    film: Path, tmp_path: Path
) -> None:
    frames = read_all(VideoFileSource(film))[FPS:]
    path = export(tmp_path / "part.mp4", film, frames)
    assert abs(sync_error_s(path, film, 0.5, frames[0].time_s + 0.5)) < 0.002
    assert read_times_s(path)[1] == pytest.approx(1 / FPS, abs=0.001)


def test_each_round_of_a_loop_has_all_of_the_sound(film: Path, tmp_path: Path) -> None:
    frames = read_all(VideoFileSource(film))
    start_s, again = frames[0].shown_s, [*frames[-FPS:], *frames[:FPS]]
    path = export(tmp_path / "loop.mp4", film, again, jumps=(0,) * FPS + (1,) + (0,) * (FPS - 1))
    times_s = read_times_s(path)
    assert times_s[FPS + 1] - times_s[FPS] == pytest.approx(LATE_S + 1 / FPS, abs=0.03)
    for at_s in (0.2, 1.2):
        assert abs(sync_error_s(path, film, times_s[FPS] + at_s, start_s + at_s)) < 0.002


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_song_with_one_late_picture_keeps_all_of_its_sound(suffix: str, tmp_path: Path) -> None:
    song = make_clip(tmp_path / "song.mkv", "aac", pictures_s=1 / FPS, pictures_late_s=LATE_S)
    frames = read_all(VideoFileSource(song))
    assert len(frames) == 1
    path = export(tmp_path / f"out{suffix}", song, frames)
    assert len(read_sound(path)[1]) / RATE == pytest.approx(SOURCE_S, abs=0.05)
    assert read_times_s(path) == [0.0]
    if suffix == ".mp4":
        assert duration_s(path) == pytest.approx(LATE_S + 1 / FPS, abs=0.03)
