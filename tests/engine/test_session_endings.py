"""What a session does about everything that fails or hangs, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from engine.config import Settings
from engine.errors import ModelNotFound, SourceCutShort, SourceError, SourceNotFound
from engine.predictor import Predictor, ProviderReport
from engine.session import Phase, Playback
from engine.source.base import Source
from engine.styles import RenderOptions
from engine.types import Frame
from tests.engine.session_driver import TIMEOUT_S, moving_box, running
from tests.fakes import (
    FakePredictor,
    HangingSource,
    ListSource,
    MemorySink,
    TornSource,
)


def test_a_source_that_cannot_be_opened_is_told_and_recordings_are_finished():
    def no_camera() -> Source:
        raise SourceNotFound("There is no camera 7.", "Choose another one.")

    sink = MemorySink()
    with running(no_camera, sinks=(sink,)) as driver:
        state = driver.wait_phase(Phase.FAILED)
        assert isinstance(state.error, SourceNotFound)
        assert state.error.hint == "Choose another one."
    assert sink.close_count == 1


def test_a_bug_in_a_source_becomes_an_error_and_not_a_silent_death():
    def broken() -> Source:
        raise RuntimeError("boom")

    with running(broken) as driver:
        assert "boom" in str(driver.wait_phase(Phase.FAILED).error)


def test_a_source_lost_midway_keeps_what_was_read_before():
    sink = MemorySink()
    with running(ListSource(moving_box(6), fps=50, fail_at=3), sinks=(sink,)) as driver:
        state = driver.wait_phase(Phase.FAILED)
        assert isinstance(state.error, SourceError)
    assert [result.frame.index for result in sink.results][-1] == 2
    assert sink.close_count == 1


@pytest.mark.parametrize("loop", [False, True])
def test_a_film_that_breaks_off_is_told_and_can_still_be_searched(loop: bool):
    torn = TornSource(moving_box(6), fps=50)
    with running(torn, playback=Playback(loop=loop)) as driver:
        state = driver.wait(lambda state: state.cut_short is not None)
        assert isinstance(state.cut_short, SourceCutShort)
        assert state.error is None
        if not loop:
            driver.wait_phase(Phase.ENDED)
            driver.session.set_playback(Playback(paused=True))
            driver.session.seek(0.02)
            driver.wait_shown(1)


def test_a_model_that_cannot_be_opened_is_told():
    def no_model() -> Predictor:
        raise ModelNotFound("There is no model of that name.")

    source = ListSource(moving_box(2))
    with running(source, no_model) as driver:
        assert isinstance(driver.wait_phase(Phase.FAILED).error, ModelNotFound)
    assert source.closed.wait(TIMEOUT_S)


def test_a_network_that_breaks_midway_ends_the_session_cleanly():
    def break_at_2(frame: Frame) -> None:
        if frame.index >= 2:  # it may be dropped where the machine is slow
            raise ModelNotFound("The device was lost.")

    sink, source = MemorySink(), ListSource(moving_box(6), fps=50)
    predictor = FakePredictor(before=break_at_2)
    with running(source, predictor, sinks=(sink,)) as driver:
        driver.wait_phase(Phase.FAILED)
    assert sink.close_count == 1
    assert predictor.closed.is_set()
    assert source.closed.wait(TIMEOUT_S)


class GivingUpPredictor(FakePredictor):
    """Runs on CUDA until `given_up` is set."""

    lost = ProviderReport("cuda", "CPU", reason="The GPU gave up.", fix="Plug it in.")

    def __init__(self, before: Callable[[Frame], None] = lambda _: None) -> None:
        super().__init__(before)
        self.given_up = threading.Event()

    @property
    def provider(self) -> ProviderReport:
        return self.lost if self.given_up.is_set() else ProviderReport("cuda", "CUDA")


def test_a_gpu_that_gives_up_midway_is_told_and_the_picture_goes_on():
    def give_up_on_third(frame: Frame) -> None:
        if frame.index == 2:
            predictor.given_up.set()

    predictor = GivingUpPredictor(give_up_on_third)
    with running(ListSource(moving_box(5)), predictor, Playback(paused=True)) as driver:
        driver.wait_shown(0)
        assert driver.session.state().provider == ProviderReport("cuda", "CUDA")
        driver.session.step(1)
        driver.wait_shown(1)
        assert driver.session.state().provider == ProviderReport("cuda", "CUDA")
        driver.session.step(1)
        driver.wait(lambda state: state.provider == predictor.lost)
        driver.wait_shown(2)
        driver.session.step(1)
        driver.wait_shown(3)
        assert driver.session.state().error is None


def test_a_gpu_that_gives_up_while_a_standing_picture_is_drawn_anew_is_told():
    predictor = GivingUpPredictor()
    with running(ListSource(moving_box(3)), predictor, Playback(paused=True)) as driver:
        driver.wait_shown(0)
        driver.wait_phase(Phase.PAUSED)
        predictor.given_up.set()
        driver.session.configure(Settings(render=RenderOptions(mask_opacity=0.9)))
        state = driver.wait(lambda state: state.provider == predictor.lost)
        assert state.model is not None


def test_a_source_that_hangs_does_not_keep_the_session_from_stopping():
    source, sink = HangingSource(moving_box(1)), MemorySink()
    try:
        with running(source, sinks=(sink,)) as driver:
            assert source.reading.wait(TIMEOUT_S)
            assert driver.session.state().phase in (Phase.OPENING, Phase.RUNNING)
        assert driver.session.state().phase is Phase.STOPPED
        assert sink.close_count == 1
        assert not source.closed.is_set()
    finally:
        source.let_go.set()
    assert source.closed.wait(TIMEOUT_S), "the device is given back when it answers at last"


def test_a_network_still_being_opened_when_the_session_ends_is_given_back_once_it_is_there():
    opening, let_go, predictor = threading.Event(), threading.Event(), FakePredictor()

    def slow() -> Predictor:
        opening.set()
        let_go.wait(TIMEOUT_S)
        return predictor

    with running(ListSource(moving_box(2)), slow) as driver:
        assert opening.wait(TIMEOUT_S)
    assert driver.session.state().phase is Phase.STOPPED
    assert not predictor.closed.is_set()
    let_go.set()
    assert predictor.closed.wait(TIMEOUT_S)


def test_stopping_closes_everything():
    source, predictor, sink = ListSource(moving_box(3)), FakePredictor(), MemorySink()
    with running(source, predictor, sinks=(sink,)) as driver:
        driver.wait_phase(Phase.ENDED)
    assert source.closed.is_set()
    assert predictor.closed.is_set()
    assert sink.close_count == 1
    assert driver.session.state().phase is Phase.STOPPED


def test_a_sink_that_fails_is_reported_and_the_others_go_on():
    bad, good = MemorySink(fail_at=1), MemorySink()
    with running(ListSource(moving_box(5), fps=50), sinks=(bad, good)) as driver:
        state = driver.wait_phase(Phase.ENDED)
        assert [failure.sink for failure in state.sink_errors] == [bad]
    assert len(bad.results) == 1
    assert bad.closed.wait(TIMEOUT_S)
    assert good.results[-1].frame.index == 4


def test_a_sink_taken_away_is_closed_and_gets_no_more():
    sink = MemorySink(fail_on_close=True)
    with running(
        ListSource(moving_box(4)), playback=Playback(paused=True), sinks=(sink,)
    ) as driver:
        driver.wait_shown(0)
        driver.session.remove_sink(sink)
        assert sink.closed.wait(TIMEOUT_S)
        driver.session.step(1)
        driver.wait_shown(1)
    assert len(sink.results) <= 1
    assert [failure.sink for failure in driver.session.state().sink_errors] == [sink]
