"""Identities that the user put right stay so: in the picture, in the film and in its export."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from engine.config import Settings, TrackOptions
from engine.export import export
from engine.pipeline import Pipeline
from engine.playback import Playback
from engine.session import Phase
from engine.track import TrackState, track
from engine.tracking.corrections import Correction
from engine.tracking.sightings import Sightings
from tests.engine.people import Box, people
from tests.engine.session_driver import running
from tests.engine.test_pipeline import left_and_right, two_people
from tests.fakes import FakePredictor, ListSource, MemorySink

FPS = 30.0
LEFT: Box = (60, 100, 140, 340)
RIGHT: Box = (460, 100, 540, 340)
AT_ONCE = TrackOptions(confirm_s=0.0, keep_lost_s=0.5)


def both(_frame: int) -> list[Box]:
    return [LEFT, RIGHT]


def comes_back(frame: int) -> list[Box]:
    """Out of sight for longer than the tracker waits."""
    return [] if 30 <= frame < 60 else [LEFT]


class Watching:
    """Plays stretches of a scene, as a pipeline does."""

    def __init__(self, sightings: Sightings | None = None) -> None:
        self.sightings = sightings or Sightings()
        self.state = TrackState.beginning()

    def play(self, scene, frames: Iterable[int], goes_on: bool = False) -> list[list[int]]:
        """The ids of each frame, in the order of its boxes."""
        if not goes_on:
            self.sightings.jump()
            self.state = TrackState.beginning(self.sightings.next_id)
        ids = []
        for n in frames:
            found, state = track(people(scene(n)), self.state, n / FPS, AT_ONCE)
            found, self.state = self.sightings.recognise(found, state)
            ids.append(found.track_ids.tolist())
        return ids

    def correct(self, wrong: int, right: int | None) -> None:
        correction = Correction.of(self.state, wrong, right)
        if correction is not None:
            self.sightings.correct(correction)
            self.state = correction.in_memory(self.state)


def test_two_who_were_confused_exchange_their_identities_from_there_on() -> None:
    film = Watching()
    assert film.play(both, range(60)) == [[1, 2]] * 60
    film.correct(1, 2)
    assert film.play(both, range(60, 90), goes_on=True) == [[2, 1]] * 30
    assert film.play(both, range(90)) == [[1, 2]] * 59 + [[2, 1]] * 31


def test_what_was_seen_of_the_rest_of_the_film_is_put_right_too() -> None:
    film = Watching()
    film.play(both, range(90))
    film.play(both, range(31))
    film.correct(1, 2)
    for again in (Watching(film.sightings.copy()), film):
        assert again.play(both, range(90)) == [[1, 2]] * 30 + [[2, 1]] * 60
        assert again.play(both, [80]) == [[2, 1]]


def test_who_came_back_under_another_number_is_the_same_in_all_of_the_film() -> None:
    film = Watching()
    assert film.play(comes_back, range(90))[::60] == [[1], [2]]
    film.correct(2, 1)
    assert film.play(comes_back, range(90, 95), goes_on=True) == [[1]] * 5
    for again in (Watching(film.sightings.copy()), film):
        assert again.play(comes_back, range(95)) == [[1]] * 30 + [[]] * 30 + [[1]] * 35


def test_whoever_was_somebody_elses_is_somebody_new_from_there_on() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(2, None)
    film.play(both, range(60, 90), goes_on=True)
    again = film.play(both, range(90))
    assert again[:54] == [[1, 2]] * 54  # the film is remembered in pieces of 0.2 s
    assert again[59:] == [[1, 3]] * 31
    assert film.sightings.next_id == 4


def test_one_correction_after_the_other() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(2, None)
    film.play(both, range(60, 90), goes_on=True)
    film.correct(3, 1)
    film.play(both, range(90, 120), goes_on=True)
    film.correct(3, 2)
    film.play(both, range(120, 150), goes_on=True)
    assert film.play(both, [30, 75, 100, 130]) == [[1, 2], [1, 2], [2, 1], [2, 1]]


@pytest.mark.parametrize(("wrong", "right"), [(7, 1), (7, None), (1, 1)])
def test_nothing_changes_where_there_is_nobody_to_put_right(wrong, right) -> None:
    film = Watching()
    film.play(both, range(10))
    film.correct(wrong, right)
    assert film.play(both, range(10, 20), goes_on=True) == [[1, 2]] * 10


def test_who_left_while_the_user_chose_does_not_take_the_place_of_who_is_there() -> None:
    film = Watching()
    film.play(both, range(10))
    assert film.play(lambda _: [LEFT], range(10, 15), goes_on=True) == [[1]] * 5
    film.correct(2, 1)
    assert film.play(lambda _: [LEFT], range(15, 20), goes_on=True) == [[1]] * 5


@pytest.mark.parametrize("sightings", [None, Sightings()])
def test_a_picture_that_stands_is_drawn_anew_with_the_right_identities(sightings) -> None:
    pipeline = Pipeline(FakePredictor(), sightings)
    standing = pipeline.predictor.predict(two_people(0))
    left, right = left_and_right(pipeline.finish(standing, Settings()))
    assert not pipeline.someone_waits
    pipeline.correct(left, right)
    assert pipeline.someone_waits
    assert left_and_right(pipeline.refinish(standing, Settings())) == [right, left]
    assert not pipeline.someone_waits
    following = pipeline.predictor.predict(two_people(1))
    assert left_and_right(pipeline.finish(following, Settings())) == [right, left]
    pipeline.correct(left, None)
    assert left_and_right(pipeline.refinish(following, Settings())) == [right, 3]


def test_a_session_shows_a_correction_at_once_while_it_is_paused() -> None:
    film = ListSource([two_people(i).image_bgr for i in range(3)])
    with running(film, playback=Playback(paused=True)) as driver:
        left, right = left_and_right(driver.wait_shown(0))
        driver.wait_phase(Phase.PAUSED)
        driver.session.correct(left, right)
        driver.wait(lambda _: left_and_right(driver.shown[-1]) == [right, left])
        driver.session.step(1)
        assert left_and_right(driver.wait_shown(1)) == [right, left]


def test_an_export_goes_by_what_was_put_right() -> None:
    images = [two_people(i).image_bgr for i in range(12)]
    sink = MemorySink()
    with running(ListSource(images, fps=20)) as driver:
        driver.wait_phase(Phase.ENDED)
        left, right = left_and_right(driver.wait_shown(11))
        driver.session.correct(left, right)
        driver.wait(lambda _: left_and_right(driver.shown[-1]) == [right, left])
        seen = driver.session.sightings.copy()
    export(lambda: ListSource(images, fps=20), FakePredictor(), [sink], sightings=seen)
    ids = [left_and_right(result) for result in sink.results]
    assert ids == [[left, right]] * 11 + [[right, left]]
