"""The stages together, on predictions that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.config import GroupOptions, Settings, TrackOptions
from engine.pipeline import Pipeline
from engine.styles import PersonEffect, PersonStyle, RenderOptions
from engine.types import Frame, Prediction, Prepared, Result
from tests.fakes import FakePredictor, coloured_box_image

SURE = GroupOptions(min_score=0.99)


class Wavering(FakePredictor):
    """Sees the person of some frames with less confidence than `SURE` asks for."""

    def __init__(self, unsure: range) -> None:
        super().__init__()
        self._unsure = unsure

    def infer(self, prepared: Prepared) -> Prediction:
        seen = super().infer(prepared)
        if prepared.frame.index not in self._unsure:
            return seen
        return replace(seen, person_logits=np.minimum(seen.person_logits, np.float32(0.9)))


def people_per_frame(unsure: range, settings: Settings) -> list[list[int]]:
    pipeline = Pipeline(Wavering(unsure))
    image = coloured_box_image(8)
    frames = [Frame(image, n, n / 30, 0.0) for n in range(10)]
    return [pipeline.process(f, settings).instances.track_ids.tolist() for f in frames]


def test_who_is_tracked_does_not_blink_out_with_the_score() -> None:
    settings = Settings(group=SURE)
    assert people_per_frame(range(6, 9), settings) == [[1]] * 10
    strict = Settings(group=SURE, track=TrackOptions(keep_share=1.0))
    assert people_per_frame(range(6, 9), strict) == [[1]] * 6 + [[]] * 3 + [[1]]


def test_after_a_jump_nobody_is_taken_for_who_stood_there_before() -> None:
    pipeline, image = Pipeline(FakePredictor()), coloured_box_image(8)
    ids = []
    for n in range(4):
        if n == 2:
            pipeline.reset()
        result = pipeline.process(Frame(image, n, n / 30, 0.0), Settings())
        ids.append((result.jumps, *result.instances.track_ids.tolist()))
    assert ids == [(0, 1), (0, 1), (1, 2), (1, 2)]


@pytest.mark.parametrize("enabled", [True, False])
def test_who_was_never_sure_is_not_shown_with_or_without_tracking(enabled: bool) -> None:
    settings = Settings(group=SURE, track=TrackOptions(enabled=enabled))
    assert people_per_frame(range(10), settings) == [[]] * 10


def test_without_tracking_the_least_confidence_alone_decides() -> None:
    settings = Settings(group=SURE, track=TrackOptions(enabled=False))
    assert people_per_frame(range(6, 9), settings) == [[-1]] * 6 + [[]] * 3 + [[-1]]


@pytest.mark.parametrize("effect", [PersonEffect.HIDE, PersonEffect.BLUR, PersonEffect.OVERLAY])
def test_of_somebody_hidden_or_blurred_no_speck_is_left_in_sight(effect: PersonEffect) -> None:
    image = coloured_box_image(30)
    image[2:10, 98:108] = image.max()
    settings = Settings(
        group=GroupOptions(speck_share=0.4, min_score=0.0, fine_edges=False),
        render=RenderOptions(styles={1: PersonStyle(effect)}),
    )
    people = Pipeline(FakePredictor()).process(Frame(image, 0, 0.0, 0.0), settings).instances
    assert people.labels[:12, 96:110].any() == (effect is not PersonEffect.OVERLAY)


class HighPeak(FakePredictor):
    """Is less sure of who is in the left half than of others, but for one cell."""

    def infer(self, prepared: Prepared) -> Prediction:
        seen = super().infer(prepared)
        left, right = np.array_split(seen.person_logits, 2, axis=1)
        peak = left == left.max()
        left = np.where(peak, np.float32(7.0), np.minimum(left, np.float32(0.9)))
        return replace(seen, person_logits=np.concatenate((left, right), axis=1))


def two_people(index: int) -> Frame:
    image = np.maximum(coloured_box_image(8, 220), coloured_box_image(80, 120))
    return Frame(image, index, index / 30, 0.0)


def left_and_right(result: Result) -> list[int]:
    """The ids of the people of `two_people`, 0 for who is not found."""
    ids, labels = result.instances.track_ids, result.instances.labels
    return [int(ids[label - 1]) if label else 0 for label in labels[48, [20, 92]]]


def test_in_a_standing_picture_people_keep_their_numbers_however_they_are_found() -> None:
    """Who comes first among the people of a frame depends on the options of grouping."""
    pipeline = Pipeline(HighPeak())
    prediction = pipeline.predictor.predict(two_people(0))
    usual, by_peak = Settings(), Settings(group=GroupOptions(voting=False))
    sure, untracked = Settings(group=SURE), Settings(track=TrackOptions(enabled=False))
    left, right = left_and_right(pipeline.finish(prediction, usual))
    shown = [
        left_and_right(pipeline.refinish(prediction, settings))
        for settings in (by_peak, sure, by_peak, untracked, by_peak, usual)
    ]
    both = [left, right]
    assert shown == [both, [0, right], both, [-1, -1], both, both]
    assert left_and_right(pipeline.finish(pipeline.predictor.predict(two_people(1)), usual)) == both


def test_a_number_is_never_given_again_after_identities_were_not_held() -> None:
    pipeline = Pipeline(FakePredictor())
    standing = pipeline.predictor.predict(two_people(0))
    pipeline.finish(standing, Settings())
    untracked = Settings(track=TrackOptions(enabled=False))
    pipeline.refinish(standing, untracked)
    pipeline.finish(pipeline.predictor.predict(two_people(1)), untracked)
    again = pipeline.finish(pipeline.predictor.predict(two_people(2)), Settings())
    assert min(again.instances.track_ids.tolist()) > 2
