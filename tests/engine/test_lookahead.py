"""Preprocess and network beside each other: nothing reaches a network it was not meant for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import RuntimeUnavailable
from engine.lookahead import Lookahead
from engine.pipeline import Pipeline
from engine.second_look import SecondLook
from engine.types import Frame
from tests.fakes import FakePredictor, coloured_box_image

TIMEOUT_S = 60.0
FRAMES = [Frame(coloured_box_image(8 + 8 * n), n, n / 30, 0.0) for n in range(3)]


class Watched:
    """A pipeline and its lookahead; `prepared` holds the index of each frame prepared."""

    def __init__(self) -> None:
        self.prepared: list[int] = []
        self.pipeline = Pipeline(self.predictor())
        self.lookahead = Lookahead(self.pipeline)

    def predictor(self) -> FakePredictor:
        return FakePredictor(before_prepare=lambda frame: self.prepared.append(frame.index))


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    with watched.lookahead:
        yield watched


def test_a_frame_is_prepared_while_the_network_works_on_the_one_before() -> None:
    second_prepared = threading.Event()

    def wait_for_second(frame: Frame) -> None:
        if frame.index == 0:
            assert second_prepared.wait(TIMEOUT_S)

    def note(frame: Frame) -> None:
        if frame.index == 1:
            second_prepared.set()

    predictor = FakePredictor(before=wait_for_second, before_prepare=note)
    with Lookahead(Pipeline(predictor)) as lookahead:
        first = lookahead.predict(FRAMES[0])
        lookahead.prepare(FRAMES[1])
        second = lookahead.predict(FRAMES[1])
        assert first.result(TIMEOUT_S).frame is FRAMES[0]
        assert second.result(TIMEOUT_S).frame is FRAMES[1]


def test_what_was_prepared_is_not_prepared_again(watched: Watched) -> None:
    watched.lookahead.prepare(FRAMES[1])
    assert watched.lookahead.is_ahead
    # The same picture; only now it is known when it was due.
    due = Frame(FRAMES[1].image_bgr, 1, FRAMES[1].time_s, 7.0)
    assert watched.lookahead.predict(due).result(TIMEOUT_S).frame is due
    assert not watched.lookahead.is_ahead
    assert watched.prepared == [1]


def test_a_prediction_carries_the_frame_that_was_asked_for_through_any_predictor() -> None:
    """When it was due is known only then, and latency counts from there."""
    with Lookahead(Pipeline(SecondLook(FakePredictor()))) as lookahead:
        lookahead.prepare(FRAMES[1])
        due = Frame(FRAMES[1].image_bgr, 1, FRAMES[1].time_s, 7.0)
        assert lookahead.predict(due).result(TIMEOUT_S).frame is due


def test_another_frame_than_the_prepared_one_is_predicted_as_asked(watched: Watched) -> None:
    watched.lookahead.prepare(FRAMES[1])
    assert watched.lookahead.predict(FRAMES[2]).result(TIMEOUT_S).frame is FRAMES[2]
    assert not watched.lookahead.is_ahead
    assert watched.prepared[-1] == 2


@pytest.mark.parametrize(("prepared", "asked"), [(None, 257), (257, None), (257, 193)])
def test_a_frame_prepared_at_another_size_is_prepared_anew(
    prepared: int | None, asked: int | None, watched: Watched
) -> None:
    watched.lookahead.prepare(FRAMES[1], prepared)
    prediction = watched.lookahead.predict(FRAMES[1], asked).result(TIMEOUT_S)
    assert max(prediction.geometry.input_hw) == (asked or 129)


def test_a_frame_prepared_for_another_network_is_prepared_anew(watched: Watched) -> None:
    watched.lookahead.prepare(FRAMES[1])
    watched.pipeline.predictor = watched.predictor()  # it runs nothing but its own
    assert watched.lookahead.predict(FRAMES[1]).result(TIMEOUT_S).frame is FRAMES[1]
    assert watched.prepared == [1, 1]


def test_once_forgotten_nobody_uses_the_predictor_any_more() -> None:
    preparing, go_on = threading.Event(), threading.Event()

    def hang(_frame: Frame) -> None:
        preparing.set()
        assert go_on.wait(TIMEOUT_S)

    predictor = FakePredictor(before_prepare=hang)
    with Lookahead(Pipeline(predictor)) as lookahead, ThreadPoolExecutor(1) as other:
        lookahead.prepare(FRAMES[0])
        assert preparing.wait(TIMEOUT_S)
        forgetting = other.submit(lookahead.forget)
        assert not forgetting.done()
        go_on.set()
        forgetting.result(TIMEOUT_S)
        assert not lookahead.is_ahead


def test_a_failure_to_prepare_is_the_predictions() -> None:
    def fail(_frame: Frame) -> None:
        raise RuntimeUnavailable("The device was lost.")

    with Lookahead(Pipeline(FakePredictor(before_prepare=fail))) as lookahead:
        lookahead.prepare(FRAMES[0])
        with pytest.raises(RuntimeUnavailable, match="lost"):
            lookahead.predict(FRAMES[0]).result(TIMEOUT_S)
