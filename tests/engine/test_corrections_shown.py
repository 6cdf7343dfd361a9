"""What a pipeline, a session and an export make of identities that the user put right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import Said, Settings
from engine.export import export
from engine.pipeline import Pipeline
from engine.playback import Playback
from engine.session import Phase
from engine.tracking.sightings import Sightings
from tests.engine.session_driver import running
from tests.engine.test_pipeline import left_and_right, two_people
from tests.fakes import FakePredictor, ListSource, MemorySink, coloured_box_image


@pytest.mark.parametrize("sightings", [None, Sightings()])
def test_a_picture_that_stands_is_drawn_anew_with_the_right_identities(sightings) -> None:
    pipeline = Pipeline(FakePredictor(), sightings)
    standing = pipeline.predictor.predict(two_people(0))
    left, right = left_and_right(pipeline.finish(standing, Settings()))
    exchanged = Settings(said=(Said(left, right),))
    assert left_and_right(pipeline.refinish(standing, exchanged)) == [right, left]
    following = pipeline.predictor.predict(two_people(1))
    assert left_and_right(pipeline.finish(following, exchanged)) == [right, left]
    renewed = Settings(said=(*exchanged.said, Said(left, None)))
    assert left_and_right(pipeline.refinish(following, renewed)) == [right, 3]
    assert left_and_right(pipeline.refinish(following, exchanged)) == [right, left]
    assert left_and_right(pipeline.refinish(following, Settings())) == [left, right]


@pytest.mark.parametrize("sightings", [None, Sightings()])
def test_whoever_comes_after_somebody_new_has_another_number(sightings) -> None:
    pipeline = Pipeline(FakePredictor(), sightings)
    left, right = left_and_right(pipeline.process(two_people(0), Settings()))
    renewed = Settings(said=(Said(left, None),))
    assert left_and_right(pipeline.process(two_people(1), renewed)) == [3, right]
    frame = two_people(2)
    third = np.maximum(frame.image_bgr, coloured_box_image(44, 60))
    result = pipeline.process(replace(frame, image_bgr=third), renewed)
    result = pipeline.process(replace(frame, image_bgr=third, time_s=0.2), renewed)
    assert sorted(result.instances.track_ids) == [2, 3, 4]


def test_a_session_shows_a_correction_at_once_while_it_is_paused() -> None:
    film = ListSource([two_people(i).image_bgr for i in range(3)])
    with running(film, playback=Playback(paused=True)) as driver:
        left, right = left_and_right(driver.wait_shown(0))
        driver.wait_phase(Phase.PAUSED)
        driver.session.configure(Settings(said=(Said(left, right),)))
        driver.wait(lambda _: left_and_right(driver.shown[-1]) == [right, left])
        driver.session.step(1)
        assert left_and_right(driver.wait_shown(1)) == [right, left]
        driver.session.configure(Settings())
        driver.wait(lambda _: left_and_right(driver.shown[-1]) == [left, right])


def test_what_is_said_just_before_a_jump_is_meant_of_the_picture_before_it() -> None:
    film = ListSource([two_people(i).image_bgr for i in range(40)])
    with running(film, playback=Playback(paused=True)) as driver:
        left, right = left_and_right(driver.wait_shown(0))
        driver.wait_phase(Phase.PAUSED)
        driver.session.configure(Settings(said=(Said(left, right),)))
        driver.session.seek(1.0)
        driver.session.seek(0.0)
        driver.wait(lambda _: driver.shown[-1].jumps == 2)
        assert left_and_right(driver.shown[-1]) == [right, left]


def test_an_export_goes_by_what_was_put_right() -> None:
    images = [two_people(i).image_bgr for i in range(12)]
    with running(ListSource(images, fps=20)) as driver:
        driver.wait_phase(Phase.ENDED)
        left, right = left_and_right(driver.wait_shown(11))
        exchanged = Settings(said=(Said(left, right),))
        driver.session.configure(exchanged)
        driver.wait(lambda _: left_and_right(driver.shown[-1]) == [right, left])
        seen = driver.session.sightings

        def exported(settings: Settings) -> list[list[int]]:
            sink, source = MemorySink(), ListSource(images, fps=20)
            export(lambda: source, FakePredictor(), [sink], settings, sightings=seen.copy())
            return [left_and_right(result) for result in sink.results]

        assert exported(exchanged) == [[left, right]] * 11 + [[right, left]]
        assert exported(Settings()) == [[left, right]] * 12
