"""The CUDA kernels' own text, run on the processor, against the NumPy references.

Not a GPU: it shows indexing, arithmetic, shared memory, barriers and exchanges between
threads, in any order of threads, and every access outside a buffer. Speed and what
happens between blocks that really run at once it cannot show.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine.group
from engine.config import GroupOptions
from engine.kernels import cuda_group, cuda_ops, cuda_source, reference_gpu
from engine.kernels.cuda_source import LOOK, PEOPLE
from engine.types import Frame, InputGeometry, Prediction
from tests.cuda_host import _ONE_AT_A_TIME, HostBackend, host_library, require_compiler
from tests.engine.cuda_scenes import ANCHOR_WH, Maps, noisy_scene, smooth_scene
from tests.engine.kernel_parity import (
    PAPER,
    VOTING,
    assert_groups_agree,
    assert_same_groups,
    expected_groups,
    on_device,
    parameters_for,
    run_group,
)


@pytest.fixture(autouse=True)
def _compiler() -> None:
    require_compiler()


SHAPES = [
    ((9, 9), (33, 33)),
    ((25, 41), (96, 128)),
    ((41, 33), (131, 97)),
    ((61, 81), (243, 517)),
    ((9, 13), (1, 7)),
    ((33, 25), (5, 3)),
]


@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
@pytest.mark.parametrize(("grid_hw", "frame_hw"), SHAPES)
@pytest.mark.parametrize("people", [0, 1, 20])
def test_people_are_those_of_the_reference(
    grid_hw: tuple[int, int],
    frame_hw: tuple[int, int],
    people: int,
    parameters: cuda_group.GroupParameters,
) -> None:
    found = assert_groups_agree(HostBackend(), smooth_scene(grid_hw, people), frame_hw, parameters)
    if min(grid_hw) > 13 and min(frame_hw) > 90:
        assert len(found.scores) == people


@pytest.mark.parametrize("limit", [255, 50])
@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
def test_two_hundred_people_are_told_apart_and_most_votes_decide_who_is_left_out(
    parameters: cuda_group.GroupParameters, limit: int
) -> None:
    many = replace(parameters, max_people=limit)
    found = assert_groups_agree(HostBackend(), smooth_scene((121, 161), 200), (203, 271), many)
    assert len(found.scores) == min(limit, 200)


@pytest.mark.parametrize("parameters", [PAPER, VOTING], ids=["paper", "voting"])
@pytest.mark.parametrize(
    ("max_people", "radius", "seed"), [(1, 1, 0), (7, 3, 1), (255, 1, 2), (255, 2, 3)]
)
def test_noise_nan_and_ties_are_treated_as_by_the_reference(
    max_people: int, radius: int, seed: int, parameters: cuda_group.GroupParameters
) -> None:
    maps = noisy_scene((61, 83))
    parameters = replace(parameters, max_people=max_people, radius=radius)
    found, kept = run_group(HostBackend(seed), maps, (82, 114), parameters)
    expected, expected_kept = expected_groups(maps, (82, 114), parameters)
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
    # Every pixel of noise is an edge.
    assert (found.labels == expected.labels).mean() >= 0.99


def test_only_the_highest_of_very_many_peaks_propose_boxes() -> None:
    maps = noisy_scene((121, 161))
    backend = HostBackend()
    work = cuda_group.GroupWork.allocate(backend, (121, 161))
    few = replace(VOTING, max_people=40)
    found, kept = run_group(backend, maps, (31, 41), few, work)
    _, expected_kept = expected_groups(maps, (31, 41), few)
    candidates, voters = work.counters[16:24].view(np.uint32)
    assert candidates == cuda_source.MAX_CANDIDATES
    assert 512 < voters <= cuda_source.MAX_VOTERS
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
    assert len(found.scores) <= 40


def test_as_many_peaks_and_cells_vote_as_on_the_cpu() -> None:
    assert engine.group.MAX_CANDIDATES == cuda_source.MAX_CANDIDATES
    assert engine.group.MAX_VOTERS == cuda_source.MAX_VOTERS


@pytest.mark.parametrize("contract", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_order_of_threads_and_no_fused_arithmetic_changes_the_people(
    seed: int, contract: bool
) -> None:
    maps = smooth_scene((33, 41), 6)
    found, _ = run_group(HostBackend(seed, contract), maps, (90, 131), VOTING)
    again, _ = run_group(HostBackend(0, contract), maps, (90, 131), VOTING)
    assert np.array_equal(found.labels, again.labels)
    assert np.array_equal(found.scores, again.scores)
    assert np.array_equal(found.boxes_xyxy, again.boxes_xyxy)
    assert_same_groups(found, expected_groups(maps, (90, 131), VOTING)[0])


def test_half_precision_maps_are_read_as_numpy_reads_them() -> None:
    for maps in (smooth_scene((25, 33), 6), noisy_scene((25, 33))):
        with np.errstate(over="ignore"):
            half = Maps(
                maps.person_logits.astype(np.float16).astype(np.float32),
                maps.box_deltas.astype(np.float16).astype(np.float32),
                maps.boxes_xyxy,
            )
            found, kept = run_group(HostBackend(), maps, (90, 131), VOTING, dtype=np.float16)
        expected, expected_kept = expected_groups(half, (90, 131), VOTING)
        np.testing.assert_allclose(kept, expected_kept, rtol=1e-4, atol=1e-1)
        assert (found.labels == expected.labels).mean() >= 0.99


def test_every_half_number_is_converted_exactly() -> None:
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).reshape(256, 256)
    backend = HostBackend()
    work = cuda_group.GroupWork.allocate(backend, (256, 256))
    maps = Maps(halves, np.zeros((4, 256, 256), np.float16), np.zeros((0, 4), np.float32))
    nobody = replace(PAPER, min_logit=39.9, max_people=1)
    run_group(backend, maps, (8, 8), nobody, work, np.float16)
    assert np.array_equal(work.logits, reference_gpu.clean_logits(halves.astype(np.float32)))


def test_small_people_are_dropped_and_the_others_close_ranks() -> None:
    maps = smooth_scene((41, 57), 12)
    every, _ = expected_groups(maps, (164, 228), VOTING)
    sizes = np.bincount(every.labels.ravel())[1:]
    parameters = replace(VOTING, min_pixels=int(np.median(sizes)))
    expected = assert_groups_agree(HostBackend(), maps, (164, 228), parameters)
    assert 0 < len(expected.scores) < len(every.scores)
    assert set(np.unique(expected.labels)) == set(range(len(expected.scores) + 1))


def test_a_person_who_fills_the_frame_has_exactly_its_pixels() -> None:
    rows, columns = np.mgrid[:25, :33].astype(np.float32)
    deltas = np.zeros((4, 25, 33), np.float32)
    deltas[0], deltas[1] = (64 - 4 * columns) / ANCHOR_WH[0], (48 - 4 * rows) / ANCHOR_WH[1]
    maps = Maps(np.full((25, 33), 6, np.float32), deltas, np.zeros((0, 4), np.float32))
    everywhere = replace(PAPER, max_people=1)
    count = 90 * 131
    for min_pixels, people in ((count, 1), (count + 1, 0)):
        exact = replace(everywhere, min_pixels=min_pixels)
        found = assert_groups_agree(HostBackend(), maps, (90, 131), exact)
        assert len(found.scores) == people


def test_unsure_people_are_dropped() -> None:
    maps = smooth_scene((41, 57), 12)
    every, _ = expected_groups(maps, (164, 228), VOTING)
    # Between two scores, so that rounding cannot decide.
    middle = float(np.sort(every.scores)[5:7].mean())
    parameters = replace(VOTING, min_score=middle)
    expected = assert_groups_agree(HostBackend(), maps, (164, 228), parameters)
    assert len(expected.scores) == 6


def test_the_next_frame_finds_the_counters_as_the_first_did() -> None:
    backend = HostBackend()
    work = cuda_group.GroupWork.allocate(backend, (25, 33))
    for people in (6, 0, 3, 6):
        maps = smooth_scene((25, 33), people, seed=people)
        assert_groups_agree(backend, maps, (90, 131), VOTING, work)


@pytest.mark.parametrize(
    "options", [GroupOptions.paper(), GroupOptions(fine_edges=False)], ids=["paper", "ours"]
)
@pytest.mark.parametrize("people", [1, 5, 20])
def test_pixels_on_the_gpu_and_cells_on_the_cpu_give_nearly_the_same_masks(
    people: int, options: GroupOptions
) -> None:
    """At least 98 %: the two draw the line between neighbours differently by a few pixels,
    one through votes of cells, one through interpolated boxes."""
    geometry = InputGeometry((480, 640), (353, 481))
    maps = smooth_scene(geometry.grid_hw, people)
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, 0.0, 0.0)
    prediction = Prediction(frame, geometry, maps.person_logits, maps.box_deltas, ANCHOR_WH)
    cells = engine.group.group(prediction, options)
    pixels, _ = expected_groups(maps, (480, 640), parameters_for(options))
    assert len(cells) == len(pixels.scores) == people
    assert (cells.labels == pixels.labels).mean() >= 0.98
    assert (cells.labels > 0).mean() > 0.1
    # Interpolation smooths the noise of the boxes, so pixels agree better than cells do.
    np.testing.assert_allclose(cells.scores, pixels.scores, atol=0.06)


def test_arrays_with_gaps_or_of_another_type_are_refused() -> None:
    backend = HostBackend()
    frame = backend.zeros((32, 64, 3), np.uint8)
    rgb = backend.zeros((1, 33, 33, 3), np.uint8)
    with pytest.raises(ValueError, match="frame_bgr must be C-contiguous"):
        cuda_ops.preprocess(backend, frame[:, ::2], rgb)
    with pytest.raises(ValueError, match="frame_bgr must be"):
        cuda_ops.preprocess(backend, frame.astype(np.float32), rgb)
    work = cuda_group.GroupWork.allocate(backend, (9, 9))
    logits = backend.zeros((9, 18), np.float32)
    deltas = backend.zeros((4, 9, 9), np.float32)
    labels = backend.zeros((32, 64), np.uint8)
    people = backend.zeros((PEOPLE.itemsize,), np.uint8)
    with pytest.raises(ValueError, match="person_logits must be C-contiguous"):
        cuda_group.group(backend, work, logits[:, ::2], deltas, PAPER, labels, people)
    half, whole = deltas.astype(np.float16), logits[:, :9].copy()
    with pytest.raises(ValueError, match="box_deltas must be"):
        cuda_group.group(backend, work, whole, half, PAPER, labels, people)
    look = backend.zeros((LOOK.itemsize,), np.uint8)
    with pytest.raises(ValueError, match="labels must be C-contiguous"):
        cuda_ops.composite(backend, frame, labels.T, look, 1, None, frame)
    assert backend.launched == []


def test_the_host_run_notices_what_a_gpu_would_not_forgive() -> None:
    backend = HostBackend()
    frame = on_device(backend, np.zeros((32, 64, 3), np.uint8))
    rgb = backend.empty((1, 33, 33, 3), np.uint8)
    beyond = tuple(np.int32(v) for v in (4096, 64, 1, 1))
    steps = tuple(np.float32(v) for v in (100, 2, 0, 0))
    sizes = (np.int32(33), np.int32(33), np.int32(1))
    with pytest.raises(AssertionError, match="outside its buffers"):
        backend.launch(
            "preprocess", "preprocess", (2, 5), (32, 8), (frame, *beyond, *steps, *sizes, rgb)
        )
    with pytest.raises(AssertionError, match="arguments that do not fit"):
        backend.launch("preprocess", "preprocess", (2, 5), (32, 8), (frame, rgb))


def test_memory_let_go_during_a_kernel_can_be_read_until_its_end() -> None:
    backend = HostBackend()
    array = backend.zeros((16,), np.uint8)
    address, size = backend.address(array), array.nbytes
    library = host_library("group")
    with _ONE_AT_A_TIME:  # as a kernel that another thread runs
        del array
        assert backend.held_bytes == 0
        assert library.guarded_intact(address, size)
    backend.zeros((4,), np.uint8)
