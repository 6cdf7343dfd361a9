"""Maps averaged over time: what flickers comes to rest, and nobody leaves a mask behind."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.config import Settings, SteadyOptions
from engine.pipeline import Pipeline
from engine.steady import LONGEST_STEP_S, SteadyState, steady
from engine.types import (
    BoolArray,
    Float32Array,
    Frame,
    InputGeometry,
    Prediction,
    UInt8Array,
)
from tests.blinking import BlinkingPredictor, still_picture

INPUT_HW = (129, 193)
GRID_HW = (33, 49)
ANCHOR_WH = (50.0, 75.0)
STEADY = SteadyOptions()
FRAME_S = 1 / 30


def texture(seed: int, size_hw: tuple[int, int]) -> UInt8Array:
    """A picture of soft blotches, in which anything that moves is seen to move."""
    noise = np.random.default_rng(seed).uniform(0, 255, (*size_hw, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


ROOM = texture(1, INPUT_HW)
PERSON = texture(2, (80, 40))


def person_at(x: int) -> tuple[UInt8Array, BoolArray]:
    """The room with somebody whose left edge is at `x`, and where that is on the grid."""
    image, mask = ROOM.copy(), np.zeros(INPUT_HW, np.bool_)
    image[30:110, x : x + 40] = PERSON
    mask[30:110, x : x + 40] = True
    return image, mask[::4, ::4]


def said(
    image: UInt8Array, person: BoolArray | float, frame: int = 0, delta: float = 0.0
) -> Prediction:
    """A prediction: sure of the cells of a mask, or one probability everywhere."""
    if isinstance(person, float):
        logits = np.full(GRID_HW, np.log(person / (1 - person)), np.float32)
    else:
        logits = np.where(person, 5, -5).astype(np.float32)
    return Prediction(
        Frame(image, frame, frame * FRAME_S, 0.0),
        InputGeometry(INPUT_HW, INPUT_HW),
        logits,
        np.full((4, *GRID_HW), delta, np.float32),
        ANCHOR_WH,
        input_rgb=image,
    )


def probability(prediction: Prediction) -> Float32Array:
    return np.asarray(1 / (1 + np.exp(-prediction.person_logits)), np.float32)


def after(first: Prediction, options: SteadyOptions = STEADY) -> SteadyState:
    state = steady(first, None, options)[1]
    assert state is not None
    return state


def test_of_a_still_picture_the_mean_counts() -> None:
    state = after(said(ROOM, 0.8, 0, delta=1.0))
    seen, _ = steady(said(ROOM, 0.4, 1, delta=2.0), state, STEADY)

    assert probability(seen) == pytest.approx(0.6 * 0.8 + 0.4 * 0.4, abs=1e-3)
    assert seen.box_deltas == pytest.approx(0.6 * 1 + 0.4 * 2, abs=1e-3)


def test_the_mean_goes_on_over_all_frames() -> None:
    state = after(said(ROOM, 0.8))
    for n in range(1, 4):
        seen, next_state = steady(said(ROOM, 0.4, n), state, STEADY)
        assert next_state is not None
        state = next_state
    assert probability(seen) == pytest.approx(0.4 + 0.6**3 * 0.4, abs=1e-3)


@pytest.mark.parametrize("step_px", [4, 8, 16, 40])
def test_who_walks_leaves_no_mask_behind(step_px: int) -> None:
    state = None
    for n in range(-(-110 // step_px)):
        image, mask = person_at(8 + n * step_px)
        seen, state = steady(said(image, mask, n), state, STEADY)
        astray = (seen.person_logits > 0) & ~cv2.dilate(
            mask.astype(np.uint8), np.ones((3, 3), np.uint8)
        ).astype(np.bool_)
        assert not astray.any()
        assert (seen.person_logits > 0)[mask].mean() > 0.95


def test_who_walks_has_the_flicker_taken_out_as_well() -> None:
    """The maps move along, so the arm that is missed for once is that of a moment ago."""
    state = None
    for n in range(6):
        image, mask = person_at(8 + 4 * n)
        seen = said(image, mask, n)
        if n == 5:
            seen = replace(seen, person_logits=np.minimum(seen.person_logits, np.float32(-0.1)))
        seen, state = steady(seen, state, STEADY)
    inside = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)
    assert (seen.person_logits > 0)[inside].mean() > 0.95


def test_who_comes_is_whole_at_once_to_the_rim() -> None:
    image, mask = person_at(80)
    unsure = np.where(mask, 0.4, -4).astype(np.float32)  # 60 % and 2 %
    coming = replace(said(image, mask, 1), person_logits=unsure)
    seen, _ = steady(coming, after(said(ROOM, 0.02, 0)), STEADY)
    np.testing.assert_array_equal(probability(seen) > 0.5, mask)


def test_who_is_gone_where_no_picture_tells_stays_for_one_frame_at_most() -> None:
    flat = np.full((*INPUT_HW, 3), 230, np.uint8)
    state: SteadyState | None = after(said(flat, 0.999))
    shown = []
    for n in range(1, 4):
        seen, state = steady(said(flat, 0.001, n), state, STEADY)
        shown.append(bool((seen.person_logits > 0).any()))
    assert shown[1:] == [False, False]


def test_nothing_crosses_a_cut() -> None:
    state = after(said(ROOM, 0.999))
    new = said(texture(3, INPUT_HW), 0.001, 1)
    seen, next_state = steady(new, state, STEADY)
    assert seen is new
    assert next_state is not None
    assert next_state.prediction.person_logits == pytest.approx(new.person_logits)


@pytest.mark.parametrize("step_s", [-0.1, 0.0, LONGEST_STEP_S + 0.01, 1.0])
def test_frames_that_do_not_follow_each_other_have_nothing_in_common(step_s: float) -> None:
    state = after(said(ROOM, 0.9, 30))
    second = said(ROOM, 0.2, 0)
    second = replace(second, frame=replace(second.frame, time_s=30 * FRAME_S + step_s))
    assert steady(second, state, STEADY)[0] is second


def test_another_size_or_another_network_begins_anew() -> None:
    state = after(said(ROOM, 0.9))
    second = said(ROOM, 0.2, 1)
    frame_hw = InputGeometry((258, 386), INPUT_HW)
    for other in (replace(second, geometry=frame_hw), replace(second, anchor_wh=(60.0, 75.0))):
        assert steady(other, state, STEADY)[0] is other

    smaller = Prediction(
        second.frame,
        InputGeometry(INPUT_HW, (65, 97)),
        np.zeros((17, 25), np.float32),
        np.zeros((4, 17, 25), np.float32),
        ANCHOR_WH,
        input_rgb=np.ascontiguousarray(ROOM[::2, ::2]),
    )
    seen, next_state = steady(smaller, state, STEADY)
    assert seen is smaller
    assert next_state is not None
    assert next_state.prediction.person_logits.shape == (17, 25)


@pytest.mark.parametrize(
    "input_hw", [(33, 33), (33, 2049), (49, 2049), (65, 2049), (2049, 65), (49, 65), (81, 33)]
)
def test_a_picture_of_any_shape_is_steadied(input_hw: tuple[int, int]) -> None:
    geometry, image, state = InputGeometry(input_hw, input_hw), texture(5, input_hw), None
    for n in range(2):
        seen = Prediction(
            Frame(image, n, n * FRAME_S, 0.0),
            geometry,
            np.full(geometry.grid_hw, 1.0 - n, np.float32),
            np.zeros((4, *geometry.grid_hw), np.float32),
            ANCHOR_WH,
            input_rgb=image,
        )
        seen, state = steady(seen, state, STEADY)
    assert probability(seen) == pytest.approx(0.6 / (1 + np.exp(-1)) + 0.4 / 2, abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_not_handed_on(value: float) -> None:
    broken = said(ROOM, 0.9, 1)
    broken.box_deltas[0, 3, 3] = value
    seen, state = steady(broken, after(said(ROOM, 0.9)), STEADY)
    assert seen is broken
    assert state is None


def test_switched_off_or_of_an_unknown_picture_nothing_changes() -> None:
    state = after(said(ROOM, 0.9))
    second = said(ROOM, 0.2, 1)
    assert steady(second, state, SteadyOptions(enabled=False)) == (second, None)
    there = replace(second, input_rgb=None)
    assert steady(there, state, STEADY) == (there, None)


def test_logits_of_any_size_stay_finite() -> None:
    first, second = said(ROOM, 0.5), said(ROOM, 0.5, 1)
    first.person_logits[:] = 1e4
    second.person_logits[:] = -1e4
    seen, _ = steady(second, after(first), STEADY)
    assert probability(seen) == pytest.approx(0.6, abs=1e-3)


def still_frames(fps: float) -> list[Frame]:
    return [Frame(still_picture(), n, n / fps, 0.0) for n in range(9)]


def counts(fps: float, settings: Settings) -> list[int]:
    pipeline = Pipeline(BlinkingPredictor())
    return [len(pipeline.process(f, settings).instances) for f in still_frames(fps)]


def test_the_pipeline_shows_who_is_missed_for_one_frame() -> None:
    assert counts(30, Settings()) == [1] * 9
    assert counts(30, Settings(steady=SteadyOptions(enabled=False))) == [1, 1, 0] * 3


def test_pictures_of_a_folder_are_seen_one_by_one() -> None:
    assert counts(1, Settings()) == [1, 1, 0] * 3


def test_after_a_jump_the_pipeline_knows_nothing_of_before() -> None:
    pipeline, frames = Pipeline(BlinkingPredictor()), still_frames(30)
    for frame in frames[:2]:
        assert len(pipeline.process(frame, Settings()).instances) == 1
    pipeline.reset()
    assert len(pipeline.process(frames[2], Settings()).instances) == 0


def test_drawing_a_frame_anew_neither_counts_twice_nor_keeps_what_was_switched_off() -> None:
    pipeline, frames = Pipeline(BlinkingPredictor()), still_frames(30)
    for frame in frames[:2]:
        pipeline.process(frame, Settings())
    missed = pipeline.predictor.predict(frames[2])
    off = Settings(steady=SteadyOptions(enabled=False))
    shown = [pipeline.finish(missed, Settings()).instances]
    shown += [pipeline.refinish(missed, s).instances for s in (Settings(), off, Settings())]
    assert [len(people) for people in shown] == [1, 1, 0, 1]
    assert np.array_equal(shown[0].labels, shown[3].labels)
    assert shown[0].scores == pytest.approx(shown[1].scores)
