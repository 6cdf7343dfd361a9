"""Times of a recording: real, strictly rising, whatever the source does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.timeline import TICKS_PER_S
from engine.sink.worker import WhenFull
from tests.engine.sink_cases import (
    LOSSLESS,
    duration_s,
    make_result,
    make_results,
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
def test_a_recording_that_paused_is_no_longer_than_what_it_shows(
    suffix: str, tmp_path: Path
) -> None:
    """As of a laptop that slept, whose camera does not tell its rate."""
    path = tmp_path / f"slept{suffix}"
    recorder = VideoRecorder(path, options=LOSSLESS)
    write_all(recorder, make_results([*(i / 10 for i in range(10)), 3600.0, 3600.1]))
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(3600.2, abs=0.01)


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_frame_that_tells_how_long_it_lasts_is_believed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"slides{suffix}"
    lasts_s = [0.1, 0.1, 0.5, 3.0]
    results = [
        replace(result, frame=replace(result.frame, duration_s=duration))
        for result, duration in zip(make_results([0.0, 0.1, 0.2, 0.7]), lasts_s, strict=True)
    ]
    recorder = VideoRecorder(path, options=replace(LOSSLESS, fps=1.0))
    write_all(recorder, results)
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.7], abs=MILLISECOND)
    assert duration_s(path) == pytest.approx(3.7, abs=2 * MILLISECOND)
    assert recorder.duration_s == pytest.approx(3.7)


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


def test_the_last_picture_of_a_loop_stands_for_its_time_and_one_that_is_left_for_no_longer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "loop.mp4"
    lasts_s = {0.0: 0.1, 0.1: 0.5, 0.6: 2.0}
    times = [0.1, 0.6, 0.0, 0.1, 0.6, 0.0, 0.1, 0.6, 0.1]
    results = [
        replace(result, frame=replace(result.frame, duration_s=lasts_s[result.frame.time_s]))
        for result in make_results(times)
    ]
    write_all(VideoRecorder(path, options=replace(LOSSLESS, fps=3 / 2.6)), results)
    read = [0.0, 0.5, 2.5, 2.6, 3.1, 5.1, 5.2, 5.7, 5.7 + 2.6 / 3]
    assert read_times_s(path) == pytest.approx(read)


def test_a_jump_ahead_leaves_no_pause_but_a_gap_of_the_source_does(tmp_path: Path) -> None:
    path = tmp_path / "sought.mp4"
    results = make_results([0.0, 0.1, 60.0, 60.1, 60.5])
    jumped = [replace(result, jumps=int(i >= 2)) for i, result in enumerate(results)]
    write_all(VideoRecorder(path, options=LOSSLESS), jumped)
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.7])


def test_a_frame_shown_again_after_a_jump_does_not_hide_it(tmp_path: Path) -> None:
    """Another network shows the old picture once more while the one sought is still on its way."""
    path = tmp_path / "sought.mp4"
    results = make_results([0.0, 0.1, 0.1, 60.0, 60.1])
    jumped = [replace(result, jumps=int(i >= 2)) for i, result in enumerate(results)]
    write_all(VideoRecorder(path, options=LOSSLESS), jumped)
    assert read_times_s(path) == pytest.approx([0.0, 0.1, 0.2, 0.3])


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
