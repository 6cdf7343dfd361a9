"""Predictions into people, through the public function."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import GroupOptions
from engine.group import group, warm_up
from tests.people_maps import make_prediction

OPTIONS = GroupOptions()


def test_two_people_get_their_own_masks_boxes_and_scores():
    people = group(make_prediction([(4, 8, 44, 88), (64, 8, 112, 92)]), OPTIONS)
    assert len(people) == 2
    order = np.argsort(people.boxes_xyxy[:, 0])
    np.testing.assert_allclose(
        people.boxes_xyxy[order], [[4.5, 8.5, 44.5, 88.5], [64.5, 8.5, 112.5, 92.5]], atol=0.01
    )
    left, right = people.mask(int(order[0])), people.mask(int(order[1]))
    assert left[48, 24]
    assert right[48, 88]
    assert not (left & right).any()
    assert ((people.scores > 0.9) & (people.scores <= 1)).all()
    assert (people.track_ids == -1).all()


def test_boxes_in_a_larger_frame_lie_as_corner_pixels_on_corner_pixels():
    prediction = make_prediction([(44, 8, 124, 88)], frame_hw=(961, 1281))
    box = group(prediction, OPTIONS).boxes_xyxy[0]
    np.testing.assert_allclose(box, [440.5, 80.5, 1240.5, 880.5], atol=0.1)


def test_touching_people_are_told_apart_by_their_boxes():
    people = group(make_prediction([(8, 8, 68, 88), (48, 8, 108, 88)]), OPTIONS)
    assert len(people) == 2
    owner = people.labels[48]
    assert owner[20] != owner[96] != 0


def test_nobody_is_found_on_an_empty_picture():
    people = group(make_prediction([], frame_hw=(50, 60)), OPTIONS)
    assert len(people) == 0
    assert people.labels.shape == (50, 60)
    assert not people.labels.any()


def test_a_person_filling_the_frame_owns_every_pixel():
    prediction = make_prediction([(-400, -400, 530, 500)], frame_hw=(72, 96))
    people = group(prediction, OPTIONS)
    assert len(people) == 1
    assert (people.labels == 1).all()
    assert people.boxes_xyxy[0].tolist() == [0, 0, 96, 72]


def test_somebody_half_outside_the_picture_is_as_sure_as_in_the_middle():
    inside = group(make_prediction([(4, 8, 104, 88)]), OPTIONS)
    outside = group(make_prediction([(-60, 8, 40, 88)]), OPTIONS)
    assert outside.scores[0] == pytest.approx(inside.scores[0], abs=0.01)


def test_one_cell_is_a_person_at_its_place():
    prediction = make_prediction([])
    prediction.person_logits[5, 7] = 9
    every = GroupOptions(min_score=0.0)
    people = group(prediction, every)
    assert len(people) == 1
    assert people.labels[20, 28] == 1
    assert people.mask(0).sum() < 50
    assert len(group(prediction, replace(every, min_cells=2))) == 0
    assert len(group(prediction, OPTIONS)) == 0


def test_a_person_smaller_than_the_frames_pixels_is_left_out():
    prediction = make_prediction([(4, 8, 44, 88)], frame_hw=(4, 4))
    prediction.person_logits[12, 16] = 9
    prediction.box_deltas[2:, 12, 16] = -2
    people = group(prediction, OPTIONS)
    assert set(np.unique(people.labels)) == {0, *range(1, len(people) + 1)}
    assert all(mask.any() for mask in people.masks())


@pytest.mark.parametrize("limit", [1, 20, 255])
def test_two_hundred_peaks_give_at_most_the_wished_number_of_people(limit):
    prediction = make_prediction([], input_hw=(161, 161), frame_hw=(161, 161))
    prediction.person_logits[1:40:3, 1:40:3] = 5
    prediction.person_logits[2:40:6, 2:40:6] = 4
    prediction.box_deltas[2:] = -2
    people = group(prediction, GroupOptions(max_people=limit))
    assert len(people) == min(limit, 169)


def test_the_large_person_in_front_of_a_crowd_stays():
    """Of the crowd's boxes more is filled, so they come first; but more pixels vote for his."""
    crowd = [(x, y, x + 44, y + 44) for y in (4, 54) for x in range(4, 600, 50)]
    prediction = make_prediction(
        [*crowd, (150, 110, 430, 310)], input_hw=(321, 625), frame_hw=(321, 625)
    )
    in_front = prediction.person_logits[27:]
    in_front[in_front < 5] = -8
    people = group(prediction, GroupOptions(min_score=0.0, max_people=20))
    assert len(crowd) + 1 > len(people) == 20
    assert people.labels[210, 290] == 20
    assert len(group(prediction, GroupOptions(min_score=0.0))) == len(crowd) + 1


def test_a_class_of_thirty_has_thirty_people_and_by_the_papers_rule_twenty():
    """Who is not found cannot be hidden or blurred."""
    boxes = [(x, y, x + 44, y + 84) for y in (4, 104, 204) for x in range(4, 500, 50)]
    prediction = make_prediction(boxes, input_hw=(321, 529), frame_hw=(321, 529))
    assert len(group(prediction, GroupOptions())) == len(boxes) == 30
    assert len(group(prediction, GroupOptions.paper())) == 20


def test_unsure_people_are_dropped_and_their_pixels_belong_to_nobody():
    prediction = make_prediction([(4, 8, 44, 88), (64, 8, 112, 92)])
    prediction.person_logits[:, 15:] = np.minimum(prediction.person_logits[:, 15:], 0.5)
    every = group(prediction, GroupOptions(min_score=0.0))
    sure = group(prediction, GroupOptions(min_score=0.95))
    assert len(every) > len(sure) == 1
    assert every.scores.min() < 0.95 < sure.scores[0]
    assert not sure.labels[:, 64:].any()


def test_the_papers_grouping_ranks_by_peak_and_scores_by_probability_alone():
    prediction = make_prediction([(4, 8, 44, 88), (64, 8, 112, 92)])
    people = group(prediction, GroupOptions.paper())
    assert len(people) == 2
    cells = prediction.person_logits[prediction.person_logits >= 0]
    expected = (1 / (1 + np.exp(-cells))).mean()
    assert people.scores.mean() == pytest.approx(expected, abs=0.01)


def test_a_score_is_the_mean_probability_whatever_counts_as_person():
    prediction = make_prediction([(4, 8, 84, 88)])
    people = group(prediction, replace(GroupOptions.paper(), mask_probability=0.9))
    sure = 1 / (1 + np.exp(-prediction.person_logits))
    assert people.scores[0] == pytest.approx(sure[sure >= 0.9].mean(), abs=0.001)


def test_a_box_lies_where_the_surest_pixels_have_it():
    prediction = make_prediction([(4, 8, 84, 88)])
    unsure = np.s_[:, 12:]
    inside = prediction.person_logits[unsure] > 0
    prediction.person_logits[unsure][inside] = 0.01
    prediction.box_deltas[0][unsure] += 8 / prediction.anchor_wh[0]
    people = group(prediction, GroupOptions(min_score=0.0))
    assert len(people) == 1
    x0 = people.boxes_xyxy[0, 0] - 4.5
    assert 0 < x0 < 3.5, "half of the pixels, each half as sure, have it 8 px to the right"


def test_who_is_found_with_boxes_that_disagree_is_less_sure():
    prediction = make_prediction([(4, 8, 84, 88)])
    at_one = group(prediction, GroupOptions(min_score=0.0))
    prediction.box_deltas[0, ::2] += 10 / prediction.anchor_wh[0]
    prediction.box_deltas[0, 1::2] -= 10 / prediction.anchor_wh[0]
    at_odds = group(prediction, GroupOptions(min_score=0.0))
    assert len(at_one) == len(at_odds) == 1
    assert at_odds.mask(0).sum() == pytest.approx(at_one.mask(0).sum(), rel=0.02)
    assert at_odds.scores[0] < at_one.scores[0] - 0.02


def test_pieces_of_a_large_person_come_last_and_unsure():
    """In the paper's way the highest peak comes first, however lonely its box is."""
    prediction = make_prediction([(4, 4, 124, 92)])
    prediction.person_logits[8, 8] = 12
    prediction.box_deltas[:, 7:10, 7:10] = 0
    prediction.box_deltas[2:, 7:10, 7:10] = -0.7
    as_printed = group(prediction, GroupOptions.paper())
    assert as_printed.mask(0).sum() < as_printed.mask(1).sum()
    assert as_printed.scores[0] > 0.9
    people = group(prediction, GroupOptions(min_score=0.0))
    assert people.mask(0).sum() > people.mask(1).sum()
    assert people.scores[0] > 0.95 > 0.7 > people.scores[1]
    np.testing.assert_allclose(people.boxes_xyxy[0], [4.5, 4.5, 124.5, 92.5], atol=1)


def test_of_two_people_found_alike_the_smaller_one_is_less_sure():
    prediction = make_prediction([(4, 8, 68, 88), (96, 40, 112, 60)])
    people = group(prediction, GroupOptions(min_score=0))
    large, small = people.scores[np.argsort(people.boxes_xyxy[:, 0])].astype(float)
    assert small / (1 - small) < large / (1 - large) / 4


def test_a_broken_network_gives_nobody_rather_than_an_error():
    prediction = make_prediction([(4, 8, 44, 88)])
    prediction.person_logits[:] = np.nan
    prediction.box_deltas[:] = np.nan
    assert len(group(prediction, OPTIONS)) == 0


def test_scattered_broken_values_leave_the_rest_as_it_was():
    clean = make_prediction([(4, 8, 44, 88)])
    broken = make_prediction([(4, 8, 44, 88)])
    broken.person_logits[0, 30] = np.nan
    broken.person_logits[1, 30] = -np.inf
    broken.box_deltas[:, 0, 31] = np.inf
    expected, actual = group(clean, OPTIONS), group(broken, OPTIONS)
    np.testing.assert_array_equal(actual.labels, expected.labels)
    np.testing.assert_array_equal(actual.boxes_xyxy, expected.boxes_xyxy)


def test_infinite_boxes_and_logits_stay_inside_the_frame():
    prediction = make_prediction([(4, 8, 44, 88)])
    prediction.person_logits[12, 6] = np.inf
    prediction.box_deltas[:, 12, 6] = np.inf
    people = group(prediction, OPTIONS)
    assert np.isfinite(people.boxes_xyxy).all()
    assert np.isfinite(people.scores).all()


def test_a_higher_mask_threshold_makes_masks_smaller():
    prediction = make_prediction([(4, 8, 84, 88)])
    sizes = [
        group(prediction, replace(OPTIONS, mask_probability=p)).mask(0).sum()
        for p in (0.5, 0.9, 0.99)
    ]
    assert sizes[0] > sizes[1] > sizes[2] > 0


def test_masks_reach_the_frames_resolution_with_smooth_edges():
    small = make_prediction([(4, 8, 84, 88)])
    large = make_prediction([(4, 8, 84, 88)], frame_hw=(961, 1281))
    area_small = group(small, OPTIONS).mask(0).mean()
    mask = group(large, OPTIONS).mask(0)
    assert mask.mean() == pytest.approx(area_small, rel=0.03)
    # An edge in steps of cells would be 40 frame pixels wide and high; a smooth one moves on
    # at nearly every row.
    rows_with_person = np.flatnonzero(mask.any(axis=1))[100:-100]
    first_columns = mask[rows_with_person].argmax(axis=1)
    assert np.unique(first_columns).size > 0.15 * np.ptp(first_columns)
    assert np.abs(np.diff(first_columns)).max() < 25


boxes = st.tuples(
    st.floats(-20, 100), st.floats(-20, 70), st.floats(12, 120), st.floats(12, 120)
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@settings(max_examples=50, deadline=None)
@given(
    people=st.lists(boxes, max_size=6),
    frame_hw=st.tuples(st.integers(1, 90), st.integers(1, 120)),
    noise=st.floats(0, 3),
    mask_probability=st.floats(0.05, 0.95),
    min_cells=st.integers(1, 30),
)
def test_any_prediction_gives_people_that_hold_together(
    people, frame_hw, noise, mask_probability, min_cells
):
    prediction = make_prediction(people, frame_hw=frame_hw, noise=noise)
    options = GroupOptions(mask_probability=mask_probability, min_cells=min_cells)
    found = group(prediction, options)
    again = group(prediction, options)
    np.testing.assert_array_equal(found.labels, again.labels)
    assert found.labels.shape == frame_hw
    assert sorted(set(np.unique(found.labels)) - {0}) == list(range(1, len(found) + 1))
    assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert (found.boxes_xyxy[:, :2] <= found.boxes_xyxy[:, 2:]).all()
    assert (found.boxes_xyxy >= 0).all()
    assert (found.boxes_xyxy[:, 2::2] <= frame_hw[1]).all()
    assert (found.boxes_xyxy[:, 3::2] <= frame_hw[0]).all()


@settings(max_examples=25, deadline=None)
@given(people=st.lists(boxes, min_size=1, max_size=5), seed=st.integers(0, 999))
def test_a_mirrored_prediction_gives_mirrored_people(people, seed):
    prediction = make_prediction(people, noise=0.5, seed=seed)
    mirrored = replace(
        prediction,
        person_logits=prediction.person_logits[:, ::-1],
        box_deltas=prediction.box_deltas[:, :, ::-1] * np.float32([-1, 1, 1, 1])[:, None, None],
    )
    # Fine edges decide ties on a grid of their own, by reading order.
    options = GroupOptions(fine_edges=False)
    found, other = group(prediction, options), group(mirrored, options)
    assert len(found) == len(other)
    assert (found.labels == other.labels[:, ::-1]).mean() >= 0.999
    np.testing.assert_allclose(found.scores, other.scores, atol=1e-4)


def test_warming_up_leaves_nothing_behind():
    warm_up()
    assert len(group(make_prediction([]), OPTIONS)) == 0
