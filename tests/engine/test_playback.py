"""When a frame of a file is due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import playback as playback_module
from engine.clock import PlaybackClock
from engine.errors import ConfigError
from engine.playback import FramePicker, Playback
from engine.reader import READ_AHEAD_FRAMES, FrameReader
from engine.types import Frame
from tests.fakes import ListSource, coloured_box_image
from tests.waiting import wait_until


class FakeTime:
    """Stands in for the `time` module of the code under test."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def perf_counter(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(playback_module, "time", fake)
    return fake


def picker_over(count: int, fps: float, live: bool = False) -> tuple[FramePicker, FrameReader]:
    images = [coloured_box_image(8)] * count
    reader = FrameReader(lambda: ListSource(images, fps, live), read_ahead=8)
    wait_until(lambda: len(reader.waiting) >= (1 if live else min(count, 8)))
    return FramePicker(reader), reader


def test_frames_come_when_the_file_says(clock: FakeTime):
    picker, reader = picker_over(4, fps=10)
    assert picker.take(Playback()).index == 0
    assert picker.take(Playback()) is None
    assert picker.wait_s(Playback()) == pytest.approx(0.1)
    clock.now_s += 0.1001
    assert picker.take(Playback()).index == 1
    reader.close()


def test_the_last_frame_of_a_loop_stands_for_its_time_and_no_other_is_waited_for(clock: FakeTime):
    picker, reader = picker_over(1, fps=10)
    picker.take(Playback(loop=True))
    wait_until(lambda: reader.ended)
    assert picker.wait_s(Playback(loop=True)) == pytest.approx(0.1)
    assert picker.wait_s(Playback()) is None
    assert picker.wait_s(Playback(loop=True, paused=True)) is None
    clock.now_s += 0.1001
    assert picker.rest_s() == 0
    reader.close()


class LateSource(ListSource):
    """Three pictures from 0.5 s on, with sound from 0 on."""

    def __init__(self) -> None:
        super().__init__([coloured_box_image(8)] * 3, fps=10)

    def read(self) -> Frame | None:
        frame = super().read()
        if frame is None:
            return None
        lead_s = 0.5 if frame.index == 0 else 0.0
        return replace(frame, time_s=frame.time_s + 0.5, lead_s=lead_s)


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_a_first_picture_that_waits_for_its_film_is_there_at_once(clock: FakeTime, speed: float):
    reader = FrameReader(LateSource, read_ahead=8)
    wait_until(lambda: len(reader.waiting) == 3)
    picker, playback = FramePicker(reader), Playback(speed=speed)
    assert picker.take(playback).index == 0
    assert picker.position_s == 0
    assert picker.wait_s(playback) == pytest.approx(0.6 / speed)
    clock.now_s += 0.55 / speed
    assert picker.take(playback) is None
    clock.now_s += 0.06 / speed
    assert picker.take(playback).index == 1
    assert picker.position_s == pytest.approx(0.6)
    assert picker.dropped_frames == 0
    reader.close()


def test_twice_the_speed_halves_the_wait(clock: FakeTime):
    picker, reader = picker_over(4, fps=10)
    picker.take(Playback(speed=2.0))
    assert picker.wait_s(Playback(speed=2.0)) == pytest.approx(0.05)
    reader.close()


def test_frames_that_are_late_behind_a_newer_due_one_are_dropped_and_counted(clock: FakeTime):
    picker, reader = picker_over(8, fps=10)
    picker.take(Playback())
    clock.now_s += 0.45
    assert picker.take(Playback()).index == 4
    assert picker.dropped_frames == 3
    reader.close()


def test_a_hopelessly_slow_machine_sees_slow_motion_and_not_a_slide_show(clock: FakeTime):
    picker, reader = picker_over(8, fps=10)
    shown = []
    for _ in range(4):
        shown.append(picker.take(Playback()).index)
        clock.now_s += 5.0
    assert shown == [0, 1, 2, 3]
    reader.close()


def test_after_a_hiccup_a_slow_machine_is_back_in_time_within_a_few_pictures(clock: FakeTime):
    reader = FrameReader(lambda: ListSource([coloured_box_image(8)] * 200, fps=30))
    picker = FramePicker(reader)
    late_s = []
    for pause_s in (0.11, 0.6, 0.11, 0.11, 0.11, 0.11):
        wait_until(lambda: len(reader.waiting) == READ_AHEAD_FRAMES)
        frame = picker.take(Playback())
        late_s.append(clock.now_s - frame.captured_at_s)
        clock.now_s += pause_s
    assert max(late_s[2:4]) > 0.1
    assert late_s[-1] < 1 / 30 + 1e-6
    reader.close()


@pytest.mark.parametrize("network_s", [0.0, 0.04, 0.13, 0.35, 0.9])
def test_the_frame_expected_is_the_one_that_is_taken(clock: FakeTime, network_s: float):
    """However slow the network is, so that nothing is prepared in vain."""
    picker, reader = picker_over(40, fps=10)
    picker.take(Playback())
    for _ in range(5):
        wait_until(lambda: len(reader.waiting) == 8)
        expected = picker.expected(Playback(), clock.now_s + network_s)
        clock.now_s += network_s
        taken = picker.take(Playback())
        while taken is None:
            clock.now_s += 0.01
            taken = picker.take(Playback())
        assert taken.index == expected.index
    reader.close()


def test_nobody_can_tell_which_frame_of_a_camera_comes_next_nor_of_a_film_that_stands(
    clock: FakeTime,
):
    for live, playback in ((True, Playback()), (False, Playback(paused=True))):
        picker, reader = picker_over(4, fps=10, live=live)
        assert picker.expected(playback, clock.now_s + 1.0) is None
        reader.close()


def test_latency_of_a_file_counts_from_when_the_frame_was_due(clock: FakeTime):
    picker, reader = picker_over(4, fps=10)
    picker.take(Playback())
    clock.now_s += 0.13
    assert picker.take(Playback()).captured_at_s == pytest.approx(100.1)
    reader.close()


PAUSED = Playback(paused=True)


def last_taken(picker: FramePicker, reader: FrameReader, standing: int = -1) -> int:
    """The frame that stands, paused, when no more are wanted."""
    while True:
        wait_until(lambda: reader.waiting)
        frame = picker.take(PAUSED)
        if frame is None:
            return standing
        standing = frame.index


@pytest.mark.parametrize(
    ("steps", "index"),
    [((-1, -1), 3), ((-2,), 3), ((-1, 1), 5), ((1, -1), 5), ((2, -1), 6), ((2, -3), 4), ((-9,), 0)],
)
def test_quick_steps_add_up_before_any_of_them_is_shown(
    clock: FakeTime, steps: tuple[int, ...], index: int
):
    picker, reader = picker_over(9, fps=10)
    picker.take(PAUSED)
    picker.seek(0.5)
    assert last_taken(picker, reader) == 5
    for frames in steps:
        picker.step(frames)
    assert last_taken(picker, reader, 5) == index
    reader.close()


def test_a_step_back_from_a_place_that_was_only_just_sought(clock: FakeTime):
    picker, reader = picker_over(9, fps=10)
    picker.take(PAUSED)
    picker.seek(0.75)
    picker.step(-1)
    assert last_taken(picker, reader, 0) == 6
    reader.close()


def test_a_source_that_cannot_be_searched_is_not_asked_to(clock: FakeTime):
    picker, reader = picker_over(4, fps=10, live=True)
    assert picker.take(Playback()) is not None
    picker.step(-1)
    picker.seek(0.0)
    assert picker.seeks == 0
    assert reader.error is None
    reader.close()


def test_clock_maps_media_time_to_wall_time():
    clock = PlaybackClock(wall_s=50.0, media_s=2.0, speed=0.5)
    assert clock.due_s(3.0) == pytest.approx(52.0)
    assert not clock.is_hopelessly_late(3.0, 52.5)
    assert clock.is_hopelessly_late(3.0, 54.0)


@pytest.mark.parametrize("speed", [0.0, -1.0, 100.0])
def test_an_impossible_speed_is_refused(speed: float):
    with pytest.raises(ConfigError, match="speed"):
        Playback(speed=speed)
