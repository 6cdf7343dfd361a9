"""The CUDA kernels of fine edges, run on the processor, against NumPy and the CPU path.

What such a run shows and what not stands in `test_kernels_on_host.py`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import engine.group
from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.kernels import cuda_edges, cuda_group, cuda_ops, reference_gpu_pictures
from engine.kernels.cuda_source import COUNTERS_BYTES, PEOPLE
from engine.models import find_model
from engine.runtime import OnnxPredictor
from engine.source import open_source
from engine.types import Frame, InputGeometry, Prediction
from tests.cuda_host import HostBackend, require_compiler
from tests.engine.cuda_scenes import ANCHOR_WH, Maps, noisy_scene, smooth_scene
from tests.engine.edges_parity import (
    MASK_LOGIT,
    assert_edges_agree,
    assert_fine_groups_agree,
    assert_labels_agree,
    assert_ties_are_decided_alike,
    blotches,
    expected_fine,
    run_fine,
    work_for,
)
from tests.engine.kernel_parity import (
    PAPER,
    VOTING,
    expected_groups,
    on_device,
    on_host,
    parameters_for,
)

GRIDS = [(2, 2), (2, 9), (9, 34), (13, 17), (33, 35)]
FINE = replace(VOTING, fine_edges=True)

OURS = GroupOptions(speck_share=0.0)
"""The host takes specks out of what the kernels give."""


@pytest.fixture(autouse=True)
def _compiler() -> None:
    require_compiler()


@pytest.mark.parametrize("people", [0, 1, 20, 200])
@pytest.mark.parametrize("finer", [1, 2, 3])
@pytest.mark.parametrize("grid_hw", GRIDS)
def test_edges_are_moved_as_by_the_reference(
    grid_hw: tuple[int, int], finer: int, people: int
) -> None:
    assert_edges_agree(HostBackend(seed=finer), grid_hw, finer, people)


def test_ties_are_decided_as_by_the_reference() -> None:
    assert_ties_are_decided_alike(HostBackend())


@pytest.mark.parametrize("people", [0, 1, 20, 200])
@pytest.mark.parametrize(
    ("grid_hw", "frame_hw"),
    [
        ((9, 9), (33, 33)),
        ((25, 41), (96, 131)),
        ((41, 33), (131, 97)),
        ((61, 81), (20, 35)),
        ((9, 13), (1, 7)),
        ((17, 33), (1, 1)),
    ],
)
def test_labels_reach_the_frame_and_people_without_a_pixel_go(
    grid_hw: tuple[int, int], frame_hw: tuple[int, int], people: int
) -> None:
    left = assert_labels_agree(HostBackend(seed=people), grid_hw, frame_hw, people)
    assert left == people or people > 1
    if frame_hw == (20, 35) and people == 200:
        assert 100 < left < 200


@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
@pytest.mark.parametrize(
    ("grid_hw", "frame_hw"),
    [((9, 9), (33, 33)), ((25, 41), (96, 128)), ((41, 33), (131, 97)), ((33, 25), (5, 3))],
)
@pytest.mark.parametrize("people", [0, 1, 20])
def test_people_with_fine_edges_are_those_of_the_reference(
    grid_hw: tuple[int, int],
    frame_hw: tuple[int, int],
    people: int,
    parameters: cuda_group.GroupParameters,
) -> None:
    found = assert_fine_groups_agree(
        HostBackend(), smooth_scene(grid_hw, people), frame_hw, parameters
    )
    if min(grid_hw) > 13 and min(frame_hw) > 90:
        assert len(found.scores) == people


def test_two_hundred_people_have_fine_edges() -> None:
    many = replace(VOTING, max_people=255)
    found = assert_fine_groups_agree(HostBackend(), smooth_scene((121, 161), 200), (203, 271), many)
    assert len(found.scores) == 200


def test_noise_nan_and_infinities_have_edges_too() -> None:
    maps, frame_bgr = noisy_scene((33, 41)), blotches((82, 114))
    found = run_fine(HostBackend(seed=2), maps, frame_bgr, FINE)
    expected = expected_fine(maps, frame_bgr, FINE)
    assert len(found.scores) == len(expected.scores) > 1
    # Every pixel of noise is an edge.
    assert (found.labels == expected.labels).mean() >= 0.99


@pytest.mark.parametrize("contract", [False, True])
def test_no_order_of_threads_changes_the_people(contract: bool) -> None:
    maps, frame_bgr = smooth_scene((25, 33), 6), blotches((90, 131))
    first = run_fine(HostBackend(0, contract), maps, frame_bgr, FINE)
    for seed in (1, 2, 3):
        again = run_fine(HostBackend(seed, contract), maps, frame_bgr, FINE)
        assert np.array_equal(first.labels, again.labels)
        assert np.array_equal(first.scores, again.scores)
    expected = expected_fine(maps, frame_bgr, FINE)
    assert (first.labels == expected.labels).mean() >= 0.998


def test_the_next_frame_finds_the_counters_as_the_first_did() -> None:
    backend = HostBackend()
    work = work_for(backend, (25, 33))
    for people in (6, 0, 3, 6):
        maps = smooth_scene((25, 33), people, seed=people)
        assert_fine_groups_agree(backend, maps, (90, 131), VOTING, work)
        assert not on_host(backend, work[0].counters)[32:].any()


def test_small_people_are_those_of_few_cells_and_the_others_close_ranks() -> None:
    maps = smooth_scene((41, 57), 12)
    every = expected_fine(maps, np.zeros((41, 57, 3), np.uint8), FINE)
    sizes = np.bincount(every.labels.ravel())[1:]
    parameters = replace(VOTING, min_pixels=int(np.median(sizes)))
    left = assert_fine_groups_agree(HostBackend(), maps, (164, 228), parameters)
    assert 0 < len(left.scores) < len(every.scores)
    assert set(np.unique(left.labels)) == set(range(len(left.scores) + 1))


@pytest.mark.parametrize("people", [0, 1, 5, 20])
@pytest.mark.parametrize("options", [GroupOptions.paper(), OURS], ids=["paper", "ours"])
def test_fine_edges_of_the_gpu_are_those_of_the_cpu(people: int, options: GroupOptions) -> None:
    """At least 99.8 %: both do the same on the same grid, and only colours one level off and
    rounding make a difference."""
    options = replace(options, fine_edges=True)
    geometry = InputGeometry((240, 321), (177, 241))
    maps = smooth_scene(geometry.grid_hw, people)
    frame_bgr = blotches((240, 321))
    frame = Frame(frame_bgr, 0, 0.0, 0.0)
    prediction = Prediction(frame, geometry, maps.person_logits, maps.box_deltas, ANCHOR_WH)
    expected = engine.group.group(prediction, options)
    plain = engine.group.group(prediction, replace(options, fine_edges=False))
    parameters = replace(parameters_for(options), fine_edges=True)
    found = run_fine(HostBackend(), maps, frame_bgr, parameters)
    assert len(found.scores) == len(expected) == people
    same = (found.labels == expected.labels).mean()
    assert same >= 0.998
    if people:
        assert (plain.labels != expected.labels).mean() > 2 * (1 - same)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-3)
    boxes = geometry.boxes_to_frame(found.boxes_xyxy)
    np.testing.assert_allclose(boxes, expected.boxes_xyxy, atol=0.05)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("clip", ["coffee-torso", "two-children-bedroom", "woman-and-dog"])
def test_fine_edges_of_clips_are_those_of_the_cpu_on_9998_of_10000_pixels(
    clip: str, shared_dir: Path
) -> None:
    predictor = OnnxPredictor(
        find_model("bbe-mnv2"), RuntimeOptions(provider=Provider.CPU, input_long_side=641)
    )
    source = open_source(str(shared_dir / f"data/clips/{clip}.mp4"))
    frame = source.read()
    source.close()
    assert frame is not None
    prediction = predictor.predict(frame)
    expected = engine.group.group(prediction, OURS)
    parameters = replace(parameters_for(OURS), anchor_wh=prediction.anchor_wh, fine_edges=True)
    maps = Maps(prediction.person_logits, prediction.box_deltas, np.zeros((0, 4), np.float32))
    found = run_fine(HostBackend(), maps, frame.image_bgr, parameters)
    assert len(found.scores) == len(expected) > 0
    assert (found.labels == expected.labels).mean() >= 0.9998
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


@pytest.mark.parametrize(
    ("frame_hw", "target_hw"), [((97, 131), (49, 65)), ((33, 65), (65, 129)), ((1, 5), (33, 33))]
)
def test_pictures_are_resized_as_by_the_reference(
    frame_hw: tuple[int, int], target_hw: tuple[int, int]
) -> None:
    backend, frame_bgr = HostBackend(seed=1), blotches(frame_hw)
    resized = backend.empty((*target_hw, 3), np.uint8)
    cuda_ops.resize(backend, on_device(backend, frame_bgr), resized)
    off = resized.astype(int) - reference_gpu_pictures.resize(frame_bgr, target_hw)
    assert np.abs(off).max() <= 1
    assert (off == 0).mean() > 0.99


def test_arrays_with_gaps_or_of_another_type_or_size_are_refused() -> None:
    backend = HostBackend()
    edges = cuda_edges.EdgeWork.allocate(backend, (9, 9))
    logits = backend.zeros((9, 18), np.float32)
    with pytest.raises(ValueError, match="logits must be C-contiguous"):
        cuda_edges.follow_edges(backend, logits[:, ::2], MASK_LOGIT, edges)
    whole = logits[:, :9].copy()
    for name, wrong in (
        ("fine_bgr", backend.zeros((17, 34, 3), np.uint8)[:, ::2]),
        ("cell_bgr", backend.zeros((9, 8, 3), np.uint8)),
        ("fine_margins", backend.zeros((17, 17), np.float64)),
    ):
        with pytest.raises(ValueError, match=f"{name} must be"):
            cuda_edges.follow_edges(backend, whole, MASK_LOGIT, replace(edges, **{name: wrong}))
    odd = replace(
        edges,
        fine_labels=backend.zeros((17, 18), np.uint8),
        fine_margins=backend.zeros((17, 18), np.float32),
        fine_bgr=backend.zeros((17, 18, 3), np.uint8),
    )
    with pytest.raises(ValueError, match="no finer grid"):
        cuda_edges.follow_edges(backend, whole, MASK_LOGIT, odd)
    counters = backend.zeros((COUNTERS_BYTES,), np.uint8)
    people = backend.zeros((PEOPLE.itemsize,), np.uint8)
    margins, fine_labels = edges.fine_margins, edges.fine_labels
    labels = backend.zeros((32, 64), np.uint8)
    with pytest.raises(ValueError, match="labels must be C-contiguous"):
        cuda_edges.upsample_labels(backend, margins, fine_labels, counters, labels.T, people)
    with pytest.raises(ValueError, match="margins must be"):
        cuda_edges.upsample_labels(backend, whole, fine_labels, counters, labels, people)
    with pytest.raises(ValueError, match="frame_bgr must be C-contiguous"):
        cuda_ops.resize(backend, edges.fine_bgr[:, ::2], edges.cell_bgr)
    assert backend.launched == []


def test_a_person_between_two_pixels_is_left_out_and_the_others_keep_their_masks() -> None:
    rows, columns = np.mgrid[:33, :65].astype(np.float32)
    logits = np.full((33, 65), -6, np.float32)
    deltas = np.zeros((4, 33, 65), np.float32)
    for centre_x, half in ((12, 9), (33, 0), (52, 9)):
        own = (np.abs(columns - centre_x) <= half) & (np.abs(rows - 17) <= half)
        logits[own] = 6 - 0.01 * np.hypot(columns - centre_x, rows - 17)[own]
        deltas[0][own] = ((centre_x - columns) * 4 / ANCHOR_WH[0])[own]
        deltas[1][own] = ((17 - rows) * 4 / ANCHOR_WH[1])[own]
        side = 8 * half + 4
        deltas[2][own], deltas[3][own] = np.log(side / ANCHOR_WH[0]), np.log(side / ANCHOR_WH[1])
    maps = Maps(logits, deltas, np.zeros((0, 4), np.float32))
    assert len(expected_groups(maps, (33, 65), PAPER)[0].scores) == 3
    fine = assert_fine_groups_agree(HostBackend(), maps, (17, 33), PAPER)
    assert len(fine.scores) == 2
    assert set(np.unique(fine.labels)) == {0, 1, 2}
