"""The compiled kernels against the plain ones, and the plain ones against the paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels import cpu, reference, upsample_cpu

KERNELS = pytest.mark.parametrize("kernels", [reference, cpu], ids=["reference", "cpu"])
UPSAMPLERS = pytest.mark.parametrize(
    "upsample_labels",
    [reference.upsample_labels, upsample_cpu.upsample_labels],
    ids=["reference", "cpu"],
)
GRIDS = [(1, 1), (1, 7), (9, 1), (2, 2), (13, 17), (31, 33), (121, 161)]


def random_maps(shape: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    logits = cv2.GaussianBlur(random.normal(0, 9, shape).astype(np.float32), (0, 0), 1.5)
    return logits, random.normal(0, 0.4, (4, *shape)).astype(np.float32)


@KERNELS
def test_a_plateau_has_one_peak_its_first_cell(kernels):
    logits = np.zeros((5, 6), np.float32)
    logits[1:3, 2:5] = 4
    assert kernels.find_peaks(logits, 0.0, 1).tolist() == [1 * 6 + 2]


@KERNELS
def test_peaks_come_highest_first_and_only_above_the_threshold(kernels):
    logits = np.full((3, 9), -5, np.float32)
    logits[1, 1], logits[1, 4], logits[1, 7] = 1, 3, 0.5
    assert kernels.find_peaks(logits, 0.5, 1).tolist() == [9 + 4, 9 + 1]


@KERNELS
def test_a_wider_window_leaves_only_the_higher_of_two_peaks(kernels):
    logits = np.full((3, 9), -5, np.float32)
    logits[1, 2], logits[1, 5] = 2, 3
    assert kernels.find_peaks(logits, 0.0, 2).tolist() == [9 + 5, 9 + 2]
    assert kernels.find_peaks(logits, 0.0, 3).tolist() == [9 + 5]


@KERNELS
def test_zero_deltas_are_the_anchor_on_its_cell(kernels):
    deltas = np.zeros((4, 5, 5), np.float32)
    boxes = kernels.decode_boxes(deltas, np.array([2 * 5 + 3]), (40.0, 60.0))
    assert boxes[:, 0].tolist() == [12 - 20, 8 - 30, 12 + 20, 8 + 30]


@KERNELS
def test_deltas_follow_the_rcnn_parametrisation(kernels):
    deltas = np.zeros((4, 1, 1), np.float32)
    deltas[:, 0, 0] = [0.5, -0.25, np.log(2), np.log(0.5)]
    boxes = kernels.decode_boxes(deltas, np.array([0]), (40.0, 60.0))
    np.testing.assert_allclose(boxes[:, 0], [20 - 40, -15 - 15, 20 + 40, -15 + 15], rtol=1e-6)


@KERNELS
def test_broken_deltas_give_boxes_of_bounded_size(kernels):
    deltas = np.array([np.nan, -np.inf, np.inf, -np.inf], np.float32).reshape(4, 1, 1)
    x0, y0, x1, y1 = kernels.decode_boxes(deltas, np.array([0]), (40.0, 60.0))[:, 0]
    assert x1 - x0 == pytest.approx(40 * 1000 / 16, rel=1e-5)
    assert y1 - y0 == pytest.approx(60 * 16 / 1000, rel=1e-2)
    assert (x0 + x1) / 2 == pytest.approx(0, abs=1e-2)
    assert (y0 + y1) / 2 == pytest.approx(-6000)


@KERNELS
def test_broken_logits_become_background_or_the_limit(kernels):
    logits = np.array([[np.nan, np.inf, -np.inf, 1.5]], np.float32)
    assert kernels.clean_logits(logits).tolist() == [[-40, 40, -40, 1.5]]


@KERNELS
def test_nms_keeps_the_best_of_overlapping_boxes(kernels):
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], np.float32).T
    boxes = np.ascontiguousarray(boxes)
    assert kernels.nms(boxes, 0.4, 20).tolist() == [0, 2]
    assert kernels.nms(boxes, 0.9, 20).tolist() == [0, 1, 2]
    assert kernels.nms(boxes, 0.9, 2).tolist() == [0, 1]


@KERNELS
def test_boxes_become_the_mean_of_their_voters(kernels):
    candidates = np.array([[0, 0, 10, 10], [50, 50, 60, 60]], np.float32).T.copy()
    voters = np.array([[0, 0, 10, 10], [0, 0, 12, 10], [0, 0, 40, 40]], np.float32).T.copy()
    weights = np.array([0.5, 1.0, 1.0], np.float32)
    votes, boxes = kernels.gather_votes(candidates, voters, weights, 0.5)
    np.testing.assert_allclose(votes, [1.5, 0])
    np.testing.assert_allclose(boxes[:, 0], [0, 0, (5 + 12) / 1.5, 10], rtol=1e-6)
    assert boxes[:, 1].tolist() == [50, 50, 60, 60]


@KERNELS
def test_cells_know_how_well_they_fit_their_person(kernels):
    people = np.array([[0, 0, 10, 10], [6, 0, 16, 10]], np.float32).T.copy()
    cells = np.array([[0, 0, 10, 5], [6, 0, 16, 10], [0, 0, 9, 9]], np.float32).T.copy()
    iou = kernels.own_iou(cells, people, np.array([1, 2, 0], np.uint8))
    np.testing.assert_allclose(iou, [0.5, 1, 0])


@KERNELS
def test_cells_and_values_of_each_person_are_added_up(kernels):
    owners = np.array([0, 2, 2, 1, 2, 0, 1], np.uint8)
    values = np.array([9, 1, 2, 3, 4, 9, 5], np.float32)
    sizes, sums = kernels.tally(owners, values, 3)
    assert sizes.tolist() == [2, 3, 0]
    assert sums.tolist() == [8, 7, 0]
    none, nothing = kernels.tally(owners[:0], values[:0], 2)
    assert none.tolist() == nothing.tolist() == [0, 0]


@KERNELS
def test_cells_go_to_the_best_fitting_box_or_to_nobody(kernels):
    people = np.array([[0, 0, 10, 10], [6, 0, 16, 10]], np.float32).T.copy()
    cells = np.array([[1, 0, 11, 10], [5, 0, 15, 10], [40, 0, 50, 10]], np.float32).T.copy()
    assert kernels.assign(cells, people, 0.3).tolist() == [1, 2, 0]


@KERNELS
def test_equal_fit_goes_to_the_first_person(kernels):
    people = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32).T.copy()
    assert kernels.assign(people, people, 0.3).tolist() == [1, 1]


@KERNELS
def test_empty_boxes_belong_to_nobody(kernels):
    empty = np.full((4, 1), 5, np.float32)
    assert kernels.assign(empty, empty, 0.0).tolist() == [0]


@UPSAMPLERS
@pytest.mark.parametrize("frame_hw", [(49, 65), (48, 70), (13, 17), (5, 4), (1, 1), (200, 9)])
def test_one_person_is_the_bilinearly_upsampled_logit(upsample_labels, frame_hw):
    margins, _ = random_maps((13, 17), seed=3)
    labels, _ = upsample_labels(margins, (margins >= 0).astype(np.uint8), frame_hw)
    rows = np.linspace(0, 12, frame_hw[0]) if frame_hw[0] > 1 else np.zeros(1)
    columns = np.linspace(0, 16, frame_hw[1]) if frame_hw[1] > 1 else np.zeros(1)
    map_x, map_y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
    # OpenCV rounds weights to 1/32 pixel: compare where the margin is not near 0.
    upsampled = cv2.remap(margins, map_x, map_y, cv2.INTER_LINEAR)
    sure = np.abs(upsampled) > 0.3
    np.testing.assert_array_equal(labels[sure], (upsampled > 0)[sure])


@UPSAMPLERS
def test_the_edge_between_two_people_runs_halfway_between_equal_margins(upsample_labels):
    margins = np.full((2, 2), 4, np.float32)
    grid_labels = np.array([[1, 2], [1, 2]], np.uint8)
    labels, present = upsample_labels(margins, grid_labels, (3, 5))
    assert labels.tolist() == [[1, 1, 1, 2, 2]] * 3
    assert np.flatnonzero(present).tolist() == [1, 2]


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("radius", [1, 2, 5])
def test_compiled_peaks_are_the_plain_ones(shape, radius):
    logits, _ = random_maps(shape, seed=shape[0])
    quantised = np.round(logits)  # plateaus
    for values in (logits, quantised):
        np.testing.assert_array_equal(
            cpu.find_peaks(values, 0.4, radius), reference.find_peaks(values, 0.4, radius)
        )


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("people", [0, 1, 20, 200])
def test_compiled_boxes_and_assignment_are_the_plain_ones(shape, people):
    _, deltas = random_maps(shape, seed=people)
    cells = np.arange(shape[0] * shape[1])
    plain = reference.decode_boxes(deltas, cells, (78.384, 117.576))
    fast = cpu.decode_boxes(deltas, cells, (78.384, 117.576))
    np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-3)
    chosen = np.ascontiguousarray(plain[:, np.random.default_rng(0).permutation(cells.size)])
    for max_iou in (0.0, 0.4, 1.0):
        kept = cpu.nms(chosen, max_iou, max(people, 1))
        np.testing.assert_array_equal(kept, reference.nms(chosen, max_iou, max(people, 1)))
    boxes = np.ascontiguousarray(chosen[:, :people])
    labels = reference.assign(plain, boxes, 0.3)
    assert (cpu.assign(plain, boxes, 0.3) == labels).mean() >= 0.999
    fast_iou = cpu.own_iou(plain, boxes, labels)
    np.testing.assert_allclose(fast_iou, reference.own_iou(plain, boxes, labels), atol=1e-5)
    fast_sizes, fast_sums = cpu.tally(labels, fast_iou, people)
    sizes, sums = reference.tally(labels, fast_iou, people)
    np.testing.assert_array_equal(fast_sizes, sizes)
    np.testing.assert_allclose(fast_sums, sums, rtol=1e-12)
    weights = np.random.default_rng(1).random(cells.size).astype(np.float32)
    fast_votes, fast_boxes = cpu.gather_votes(boxes, plain, weights, 0.5)
    plain_votes, plain_boxes = reference.gather_votes(boxes, plain, weights, 0.5)
    # Sums of up to 20,000 weights, in another order; a tie at the threshold is one weight.
    np.testing.assert_allclose(fast_votes, plain_votes, rtol=1e-3, atol=1)
    np.testing.assert_allclose(fast_boxes, plain_boxes, atol=0.5)


@settings(max_examples=60, deadline=None)
@given(
    grid=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    frame_hw=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    people=st.integers(0, 5),
    seed=st.integers(0, 2**16),
)
def test_compiled_upsampling_is_the_plain_one(grid, frame_hw, people, seed):
    random = np.random.default_rng(seed)
    margins = random.normal(0, 3, grid).astype(np.float32)
    grid_labels = random.integers(0, people + 1, grid).astype(np.uint8)
    plain, plain_present = reference.upsample_labels(margins, grid_labels, frame_hw)
    fast, fast_present = upsample_cpu.upsample_labels(margins, grid_labels, frame_hw)
    # Float32 sums in another order may decide a near tie otherwise: at most a few pixels.
    assert (fast == plain).mean() >= 0.99
    assert set(np.unique(fast)) == set(np.flatnonzero(fast_present))
    assert set(np.unique(plain)) == set(np.flatnonzero(plain_present))
    assert set(np.unique(fast)) <= set(np.unique(grid_labels))


@pytest.mark.parametrize("people", [1, 2, 20])
def test_compiled_upsampling_decides_ties_as_the_plain_one(people):
    random = np.random.default_rng(people)
    # Whole margins at quarter steps: every sum is exact, so a tie is a tie for both.
    margins = random.integers(-2, 3, (13, 17)).astype(np.float32)
    grid_labels = random.integers(0, people + 1, (13, 17)).astype(np.uint8)
    plain, _ = reference.upsample_labels(margins, grid_labels, (49, 65))
    fast, _ = upsample_cpu.upsample_labels(margins, grid_labels, (49, 65))
    np.testing.assert_array_equal(fast, plain)


def test_compiled_upsampling_agrees_on_a_real_size():
    margins, _ = random_maps((121, 161), seed=1)
    grid_labels = np.random.default_rng(2).integers(0, 21, (121, 161)).astype(np.uint8)
    plain, _ = reference.upsample_labels(margins, grid_labels, (480, 853))
    fast, _ = upsample_cpu.upsample_labels(margins, grid_labels, (480, 853))
    assert (fast == plain).mean() >= 0.999
