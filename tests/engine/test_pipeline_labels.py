"""Labels over the frames of one source, with what the window does to a picture that stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import Said, Settings
from engine.pipeline import Pipeline
from engine.render import place_labels
from engine.styles import PersonEffect, PersonStyle, RenderOptions
from engine.types import Frame, Result, UInt8Array
from tests.fakes import FakePredictor

AT_EDGE, BELOW = 0, 36
"""Top rows of people whose label is cheapest on the chest, and above the head."""

USUAL = Settings()
OTHER = Settings(render=RenderOptions(mask_opacity=0.9, show_boxes=True))
BARE = Settings(render=RenderOptions(show_labels=False))


def picture(*people: tuple[int, int]) -> UInt8Array:
    """People of the given left column and top row, each of a grey level of their own."""
    image = np.zeros((192, 256, 3), np.uint8)
    for n, (x0, y0) in enumerate(people):
        image[y0 : y0 + 140, x0 : x0 + 48] = 80 * (n + 1)
    return image


class Film:
    """Frames through a pipeline, 30 a second."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(FakePredictor(input_long_side=257))
        self._index = 0

    def show(self, image: UInt8Array, settings: Settings = USUAL) -> Result:
        frame = Frame(image, self._index, self._index / 30, 0.0)
        self._index += 1
        self.prediction = self.pipeline.predictor.predict(frame)
        return self.pipeline.finish(self.prediction, settings)

    def again(self, settings: Settings = USUAL) -> Result:
        return self.pipeline.refinish(self.prediction, settings)


@pytest.fixture
def film() -> Film:
    return Film()


def anew(result: Result) -> tuple[tuple[int, int, int, int], ...]:
    chips, _ = place_labels(result.instances, result.render)
    return tuple(chip.xyxy for chip in chips)


def test_the_result_tells_where_its_labels_lie(film: Film) -> None:
    image = picture((20, BELOW), (150, BELOW))
    settings = Settings(render=RenderOptions(mask_opacity=0, outline_px=0))
    result = film.show(image, settings)
    assert len(result.label_boxes) == 2
    drawn = np.any(result.image_bgr != image, axis=2)
    for x0, y0, x1, y1 in result.label_boxes:
        assert drawn[y0 + 4 : y1 - 4, x0:x1].mean() > 0.9
        drawn[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = False
    assert not drawn.any()
    assert film.again(BARE).label_boxes == ()


def test_a_label_keeps_its_spot_over_frames_and_loses_it_with_a_jump(film: Film) -> None:
    below = film.show(picture((100, BELOW)))
    at_edge = film.show(picture((100, AT_EDGE)))
    assert at_edge.label_boxes[0][1] < below.label_boxes[0][1]
    assert at_edge.label_boxes != anew(at_edge)
    film.pipeline.reset()
    after = film.show(picture((100, AT_EDGE)))
    assert after.label_boxes == anew(after)


def test_two_pipelines_know_nothing_of_each_other(film: Film) -> None:
    film.show(picture((100, BELOW)))
    other = Film().show(picture((100, AT_EDGE)))
    assert other.label_boxes == anew(other)


def test_a_picture_that_stands_and_is_drawn_anew_keeps_its_labels(film: Film) -> None:
    film.show(picture((100, BELOW)))
    shown = film.show(picture((100, AT_EDGE)))
    for settings in (OTHER, USUAL, BARE, *(OTHER,) * 100, USUAL):
        again = film.again(settings)
        if settings is not BARE:
            assert again.label_boxes == shown.label_boxes


def test_what_was_drawn_while_the_picture_stood_does_not_count_later() -> None:
    played, paused = Film(), Film()
    for top in (BELOW, AT_EDGE, AT_EDGE):
        played.show(picture((100, top)))
        paused.show(picture((100, top)))
    for settings in (OTHER, BARE, *(OTHER,) * 100):
        paused.again(settings)
    for _ in range(60):
        boxes = played.show(picture((100, AT_EDGE))).label_boxes
        assert paused.show(picture((100, AT_EDGE))).label_boxes == boxes


def test_who_is_shown_again_in_a_picture_that_stands_has_the_label_where_it_was(
    film: Film,
) -> None:
    film.show(picture((100, BELOW)))
    shown = film.show(picture((100, AT_EDGE)))
    hidden = {1: PersonStyle(PersonEffect.HIDE)}
    assert not film.again(replace(USUAL, render=RenderOptions(styles=hidden))).label_boxes
    assert film.again().label_boxes == shown.label_boxes


def test_the_same_frame_through_another_network_keeps_its_labels(film: Film) -> None:
    film.show(picture((100, BELOW)))
    shown = film.show(picture((100, AT_EDGE)))
    again = film.pipeline.finish(film.prediction, USUAL)
    assert again.label_boxes == shown.label_boxes


def test_people_who_are_put_right_keep_their_labels_where_they_are(film: Film) -> None:
    film.show(picture((30, BELOW), (160, BELOW)))
    shown = film.show(picture((30, AT_EDGE), (160, AT_EDGE)))
    assert set(shown.label_boxes) != set(anew(shown))
    exchanged = replace(USUAL, said=(Said(1, 2),))
    assert set(film.again(exchanged).label_boxes) == set(shown.label_boxes)
    for settings in (exchanged, USUAL):
        played = film.show(picture((30, AT_EDGE), (160, AT_EDGE)), settings)
        assert set(played.label_boxes) == set(shown.label_boxes)
