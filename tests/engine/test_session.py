"""A session under a user's hands: play, pause, step, seek, loop, another network."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from engine.config import Settings
from engine.errors import ModelError, ModelNotFound
from engine.predictor import Predictor
from engine.reader import Hole
from engine.session import Phase, Playback
from engine.styles import RenderOptions
from engine.types import Frame
from tests.engine.session_driver import TIMEOUT_S, moving_box, running, shown
from tests.fakes import FakePredictor, HoledSource, ListSource, MemorySink, coloured_box_image


def test_a_file_is_shown_to_its_last_frame_and_then_stands():
    with running(ListSource(moving_box(6), fps=50)) as driver:
        driver.wait_phase(Phase.ENDED)
        assert driver.wait_shown(5).instances.track_ids.tolist() == [1]
        assert driver.session.state().position_s == pytest.approx(5 / 50)


def test_a_result_shows_the_frame_it_was_computed_from():
    with running(ListSource(moving_box(8), fps=50), playback=Playback(paused=True)) as driver:
        for index in range(8):
            result = driver.wait_shown(index)
            left = int(np.flatnonzero(result.instances.labels.any(axis=0))[0])
            assert abs(left - (4 + 2 * index)) <= 3
            driver.session.step(1)


def test_a_live_source_shows_the_newest_frame_and_counts_the_overwritten():
    gate = threading.Semaphore(0)
    busy, go_on = threading.Event(), threading.Event()

    def wait_on_first(frame: Frame) -> None:
        if frame.index == 0:
            busy.set()
            assert go_on.wait(TIMEOUT_S)

    source, sink = ListSource(moving_box(6), live=True, gate=gate), MemorySink()
    with running(source, FakePredictor(before=wait_on_first), sinks=(sink,)) as driver:
        gate.release(1)
        assert busy.wait(TIMEOUT_S)
        gate.release(5)
        assert source.exhausted.wait(TIMEOUT_S)
        go_on.set()
        driver.wait_shown(5)
        assert [result.frame.index for result in sink.results] == [0, 5]
        assert driver.session.state().stats.dropped_frames == 4
        gate.release(10)


def test_paused_from_the_start_shows_the_first_frame_and_steps_both_ways():
    with running(ListSource(moving_box(5)), playback=Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.wait_phase(Phase.PAUSED)
        driver.session.step(1)
        driver.wait_shown(1)
        driver.session.step(2)
        driver.wait_shown(3)
        driver.session.step(-1)
        driver.wait_shown(2)
        driver.session.step(-2)
        driver.wait_shown(0)


def test_seeking_while_paused_shows_the_frame_there():
    with running(ListSource(moving_box(9), fps=10), playback=Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.session.seek(0.7)
        driver.wait_shown(7)
        assert driver.session.state().position_s == pytest.approx(0.7)


def test_a_file_at_its_end_is_revived_by_seeking():
    with running(ListSource(moving_box(4), fps=50)) as driver:
        driver.wait_phase(Phase.ENDED)
        driver.session.set_playback(Playback(paused=True))
        driver.session.seek(0.0)
        driver.wait_shown(0)
        driver.wait_phase(Phase.PAUSED)


@pytest.mark.parametrize("count", [1, 2])
def test_the_last_picture_of_a_loop_stands_as_long_as_the_others(count: int):
    """An animated GIF would not show it else, and a film of one picture spins."""
    source = ListSource([coloured_box_image(8)] * count, fps=10)
    with running(source, playback=Playback(loop=True)) as driver:
        driver.wait(lambda _: shown(driver).count(0) >= 4)
    began_s = [r.frame.captured_at_s for r in driver.shown if r.frame.index == 0]
    assert np.diff(began_s).min() >= 0.1 * count - 1e-6


def test_people_of_a_loop_keep_their_identities():
    source = ListSource([coloured_box_image(8), coloured_box_image(96)], fps=5)
    with running(source, playback=Playback(loop=True, speed=8)) as driver:
        driver.wait(lambda _: all(shown(driver).count(index) >= 3 for index in (0, 1)))
        seen = {(r.frame.index, *r.instances.track_ids.tolist()) for r in driver.shown}
        assert seen == {(0, 1), (1, 2)}


def test_people_met_again_after_a_jump_are_who_they_were():
    """Else the next one found would inherit the identity, and who was hidden would show."""
    left, right = coloured_box_image(8, 220), coloured_box_image(80, 120)
    film = [left] * 3 + [np.maximum(left, right)] * 3 + [right] * 3
    with running(ListSource(film, fps=10), playback=Playback(paused=True)) as driver:
        for index in range(1, len(film)):
            driver.session.step()
            driver.wait_shown(index)
        alone = driver.shown[-1].instances.track_ids.tolist()
        for index in (0, 8):
            driver.session.seek(index / 10)
            driver.wait_shown(index)
        assert driver.shown[-1].instances.track_ids.tolist() == alone == [2]
        driver.session.seek(0.4)
        assert sorted(driver.wait_shown(4).instances.track_ids.tolist()) == [1, 2]


def test_results_count_the_jumps_before_them():
    sink = MemorySink()
    paused = Playback(paused=True)
    with running(ListSource(moving_box(9), fps=10), playback=paused, sinks=(sink,)) as driver:
        driver.wait_shown(0)
        driver.session.step()
        driver.wait_shown(1)
        driver.session.seek(0.7)
        driver.wait_shown(7)
    assert [result.jumps for result in sink.results] == [0, 0, 1]


def test_what_the_network_was_at_before_a_seek_is_not_shown_after_it():
    """It would be recorded as coming after the jump, and flash on the screen."""
    busy, go_on = threading.Event(), threading.Event()

    def wait(frame: Frame) -> None:
        if frame.index == 1:
            busy.set()
            assert go_on.wait(TIMEOUT_S)

    source, sink = ListSource(moving_box(9), fps=10), MemorySink()
    with running(source, FakePredictor(before=wait), Playback(paused=True), (sink,)) as driver:
        driver.wait_shown(0)
        driver.session.step()
        assert busy.wait(TIMEOUT_S)
        driver.session.seek(0.7)
        go_on.set()
        driver.wait_shown(7)
    assert [result.frame.index for result in sink.results] == [0, 7]


def test_a_camera_is_not_remembered():
    with running(ListSource(moving_box(4), live=True)) as driver:
        driver.wait(lambda _: bool(driver.shown))
        assert driver.session.sightings.next_id == 1


def test_settings_changed_while_paused_redraw_the_same_frame_with_the_same_people():
    with running(ListSource(moving_box(3)), playback=Playback(paused=True)) as driver:
        before = driver.wait_shown(0)
        driver.wait_phase(Phase.PAUSED)
        driver.session.configure(replace(Settings(), render=RenderOptions(mask_opacity=0.0)))
        driver.wait(lambda _: len(driver.shown) == 2)
        after = driver.shown[-1]
        assert after.frame is before.frame
        assert after.instances.track_ids.tolist() == before.instances.track_ids.tolist()
        assert not np.array_equal(after.image_bgr, before.image_bgr)


def test_settings_changed_just_before_a_pause_redraw_the_frame_that_stands():
    faint = replace(Settings(), render=RenderOptions(mask_opacity=0.0))
    with running(ListSource(moving_box(3), fps=0.01)) as driver:
        driver.wait_shown(0)
        driver.session.configure(faint)
        driver.session.set_playback(Playback(paused=True))
        driver.wait(lambda _: driver.shown[-1].render is faint.render)
        assert driver.shown[-1].frame.index == 0


def test_another_network_takes_over_on_the_standing_picture():
    first, second = FakePredictor(), FakePredictor(input_long_side=257)
    with running(ListSource(moving_box(3)), first, Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.session.use_predictor(lambda: second)
        driver.wait(lambda state: state.model is not None and state.model.input_long_side == 257)
        assert first.closed.is_set()
        driver.wait(lambda _: len(driver.shown) == 2)
        assert driver.shown[-1].frame is driver.shown[0].frame


def test_another_network_waits_for_the_picture_that_was_sought():
    """The old one again would count as coming after the seek, and the seek as none."""
    gate, sink = threading.Semaphore(1), MemorySink()
    first, second = FakePredictor(), FakePredictor(input_long_side=257)
    source = ListSource(moving_box(20), fps=30, gate=gate)
    with running(source, first, Playback(paused=True), sinks=(sink,)) as driver:
        driver.wait_shown(0)
        driver.session.seek(0.5)
        driver.session.use_predictor(lambda: second)
        driver.wait(lambda state: state.model is not None and state.model.input_long_side == 257)
        for _ in range(20):
            gate.release()
        driver.wait_shown(15)
    assert [result.frame.index for result in sink.results] == [0, 15]


@pytest.mark.parametrize("error", [ModelNotFound("There is no such file."), MemoryError()])
def test_a_network_that_cannot_be_had_leaves_the_old_one_in_use(error: Exception):
    def missing() -> Predictor:
        raise error

    first = FakePredictor()
    with running(ListSource(moving_box(3)), first, Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.session.use_predictor(missing)
        driver.wait(lambda state: isinstance(state.model_error, ModelError))
        assert not first.closed.is_set()
        driver.session.step(1)
        driver.wait_shown(1)


def test_a_session_goes_on_where_another_one_broke_off_with_its_people():
    left, right = coloured_box_image(8, 220), coloured_box_image(80, 120)
    film = [left] * 2 + [np.maximum(left, right)] * 2 + [right] * 5
    paused = Playback(paused=True)
    with running(ListSource(film, fps=10), playback=paused) as driver:
        for index in range(1, 5):
            driver.session.step()
            driver.wait_shown(index)
        assert driver.shown[-1].instances.track_ids.tolist() == [2]
        memory = driver.session.memory()
    source = ListSource(film, fps=10)
    with running(source, playback=paused, memory=memory, begin_at_s=0.4) as driver:
        driver.wait(lambda _: bool(driver.shown))
        assert shown(driver) == [4]
        assert driver.shown[-1].instances.track_ids.tolist() == [2]
        driver.session.seek(0.0)
        assert driver.wait_shown(0).instances.track_ids.tolist() == [1]


def test_a_hole_in_a_film_is_told_while_its_picture_stands():
    """And once, however often it is played; a picture or two that lack are none."""
    source = HoledSource(moving_box(40), fps=20)
    source.hole = range(10, 30)
    with running(source, playback=Playback(loop=True, speed=4)) as driver:
        holes = driver.wait(lambda state: bool(state.holes)).holes
        assert driver.shown[-1].frame.index <= 9
        assert holes == (Hole(9 / 20, 30 / 20),)
        driver.wait(lambda _: shown(driver).count(39) >= 2)
        assert driver.session.state().holes == holes
    source = HoledSource(moving_box(40), fps=20)
    source.hole = range(10, 15)
    with running(source, playback=Playback(speed=4)) as driver:
        assert driver.wait_phase(Phase.ENDED).holes == ()


def test_what_a_seek_passes_is_no_hole():
    with running(ListSource(moving_box(60), fps=20), playback=Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.session.seek(2.5)
        driver.wait_shown(50)
        driver.session.step()
        assert driver.wait(lambda _: shown(driver)[-1] == 51).holes == ()


def test_pausing_is_told_while_the_network_is_still_busy():
    """It may take half a second for a picture, and the button must answer."""
    busy, go_on = threading.Event(), threading.Event()

    def wait(frame: Frame) -> None:
        if frame.index >= 3:  # any may be dropped on a machine that is starved
            busy.set()
            assert go_on.wait(TIMEOUT_S)

    source = ListSource(moving_box(40), fps=100)
    with running(source, FakePredictor(before=wait)) as driver:
        try:
            assert busy.wait(TIMEOUT_S)
            driver.session.set_playback(Playback(paused=True))
            driver.wait_phase(Phase.PAUSED)
            driver.session.set_playback(Playback())
            driver.wait_phase(Phase.RUNNING)
        finally:
            go_on.set()
        driver.wait_phase(Phase.ENDED)
