"""Runs the kernels of fine edges on any backend and beside them their NumPy references."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from engine.kernels import cuda_edges, cuda_group, reference_gpu, reference_gpu_edges
from engine.kernels.cuda_backend import Backend
from engine.kernels.cuda_source import COUNTERS_BYTES, PEOPLE
from engine.kernels.edges_reference import follow_edges
from engine.kernels.reference import upsample_labels
from engine.types import Float32Array, UInt8Array
from tests.engine.cuda_scenes import Maps
from tests.engine.kernel_parity import Array, expected_groups, on_device, on_host

MASK_LOGIT = 0.4


def blotches(frame_hw: tuple[int, int], seed: int = 0) -> UInt8Array:
    """A picture of soft blotches with some noise, (H, W, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 226, (9, 13, 3)).astype(np.uint8)
    soft = cv2.resize(coarse, frame_hw[::-1], interpolation=cv2.INTER_CUBIC).astype(np.int64)
    return np.clip(soft + rng.integers(-9, 10, soft.shape), 0, 255).astype(np.uint8)


def patches_of_people(
    grid_hw: tuple[int, int], people: int, seed: int = 0
) -> tuple[Float32Array, UInt8Array]:
    """Logits and labels (h, w) of people in patches; gaps have one, two or more labels."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 4, grid_hw).astype(np.float32)
    logits = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), np.float32)
    side = max(int(np.ceil(np.sqrt(people))), 1)
    patches = np.resize(rng.permutation(people) + 1 if people else [0], (side, side))
    rows, columns = (np.arange(n) * side // n for n in grid_hw)
    owners = patches[np.ix_(rows, columns)]
    return logits, np.where(logits >= MASK_LOGIT, owners, 0).astype(np.uint8)


def assert_edges_agree(backend: Backend, grid_hw: tuple[int, int], finer: int, people: int) -> None:
    """The kernel's fine margins and labels are those of the reference."""
    logits, labels = patches_of_people(grid_hw, people)
    fine_hw = finer * (grid_hw[0] - 1) + 1, finer * (grid_hw[1] - 1) + 1
    cell_bgr, fine_bgr = blotches(grid_hw, 1), blotches(fine_hw, 2)
    found = _follow_edges(backend, logits, labels, cell_bgr, fine_bgr)
    expected = follow_edges(logits - np.float32(MASK_LOGIT), labels, cell_bgr, fine_bgr)
    # The reference computes in double precision: rounding may decide a near tie.
    assert (found[1] == expected[1]).mean() >= 0.999
    np.testing.assert_allclose(found[0], expected[0], atol=1e-3)


def assert_ties_are_decided_alike(backend: Backend) -> None:
    """Cells as sure as each other, and a black picture, which says nothing: only ties."""
    labels = np.random.default_rng(0).integers(0, 4, (17, 23)).astype(np.uint8)
    logits = np.full(labels.shape, 1 + MASK_LOGIT, np.float32)
    fine_hw = 2 * (labels.shape[0] - 1) + 1, 2 * (labels.shape[1] - 1) + 1
    black = np.zeros((*fine_hw, 3), np.uint8)
    cells = black[: labels.shape[0], : labels.shape[1]]
    found = _follow_edges(backend, logits, labels, cells, black)
    margins = logits - np.float32(MASK_LOGIT)
    np.testing.assert_array_equal(found[1], follow_edges(margins, labels, cells, black)[1])
    expected, _ = upsample_labels(logits, labels, fine_hw)
    upsampled, _ = _upsample_labels(backend, logits, labels, np.zeros(1, PEOPLE), fine_hw)
    np.testing.assert_array_equal(upsampled, expected)


def _follow_edges(
    backend: Backend,
    logits: Float32Array,
    labels: UInt8Array,
    cell_bgr: UInt8Array,
    fine_bgr: UInt8Array,
) -> tuple[Array, Array]:
    edges = cuda_edges.EdgeWork(
        labels=on_device(backend, labels),
        cell_bgr=on_device(backend, cell_bgr),
        fine_bgr=on_device(backend, fine_bgr),
        fine_margins=backend.empty(fine_bgr.shape[:2], np.float32),
        fine_labels=backend.empty(fine_bgr.shape[:2], np.uint8),
    )
    cuda_edges.follow_edges(backend, on_device(backend, logits), MASK_LOGIT, edges)
    return on_host(backend, edges.fine_margins), on_host(backend, edges.fine_labels)


def assert_labels_agree(
    backend: Backend, grid_hw: tuple[int, int], frame_hw: tuple[int, int], people: int
) -> int:
    """The kernel's labels, and who is left, are the reference's; how many people are left."""
    logits, grid_labels = patches_of_people(grid_hw, people)
    expected, present = upsample_labels(logits, grid_labels, frame_hw)
    record = np.zeros(1, PEOPLE)
    record["count"] = people
    record["scores"][0, :people] = np.arange(people)
    record["boxes_xyxy"][0, :people] = np.arange(people)[:, None]
    labels, left = _upsample_labels(backend, logits, grid_labels, record, frame_hw)
    assert (labels == expected).mean() >= 0.999
    alive = present[1 : people + 1]
    count = int(left["count"])
    assert count == alive.sum()
    np.testing.assert_array_equal(left["scores"][:count], np.flatnonzero(alive))
    np.testing.assert_array_equal(left["boxes_xyxy"][:count, 3], np.flatnonzero(alive))
    np.testing.assert_array_equal(left["new_label"][1 : people + 1], alive.cumsum() * alive)
    assert bool(left["renumbered"]) is bool(count < people)
    return count


def _upsample_labels(
    backend: Backend,
    margins: Float32Array,
    grid_labels: UInt8Array,
    record: Array,
    frame_hw: tuple[int, int],
) -> tuple[Array, Any]:
    """Labels of the frame, and the people's table; the counters are as they were."""
    people = on_device(backend, record.view(np.uint8))
    counters = on_device(backend, np.zeros(COUNTERS_BYTES, np.uint8))
    labels = backend.empty(frame_hw, np.uint8)
    arrays = on_device(backend, margins), on_device(backend, grid_labels)
    cuda_edges.upsample_labels(backend, *arrays, counters, labels, people)
    assert not on_host(backend, counters).any()
    return on_host(backend, labels), on_host(backend, people).view(PEOPLE)[0]


def run_fine(
    backend: Backend,
    maps: Maps,
    frame_bgr: UInt8Array,
    parameters: cuda_group.GroupParameters,
    work: tuple[cuda_group.GroupWork, cuda_edges.EdgeWork] | None = None,
) -> reference_gpu.PixelGroups:
    """What the kernels make of the maps and the frame that they belong to."""
    grid_hw = maps.person_logits.shape[0], maps.person_logits.shape[1]
    labels = backend.empty(frame_bgr.shape[:2], np.uint8)
    people = backend.empty((PEOPLE.itemsize,), np.uint8)
    cuda_edges.group(
        backend,
        *(work or work_for(backend, grid_hw)),
        on_device(backend, frame_bgr),
        on_device(backend, maps.person_logits),
        on_device(backend, maps.box_deltas),
        parameters,
        labels,
        people,
    )
    record = on_host(backend, people).view(PEOPLE)[0]
    count = int(record["count"])
    return reference_gpu.PixelGroups(
        on_host(backend, labels), record["boxes_xyxy"][:count].copy(), record["scores"][:count]
    )


def work_for(
    backend: Backend, grid_hw: tuple[int, int]
) -> tuple[cuda_group.GroupWork, cuda_edges.EdgeWork]:
    return (
        cuda_group.GroupWork.allocate(backend, grid_hw),
        cuda_edges.EdgeWork.allocate(backend, grid_hw),
    )


def expected_fine(
    maps: Maps, frame_bgr: UInt8Array, parameters: cuda_group.GroupParameters
) -> reference_gpu.PixelGroups:
    grid_hw = maps.person_logits.shape[0], maps.person_logits.shape[1]
    _, kept = expected_groups(maps, grid_hw, parameters)
    return reference_gpu_edges.assign_finely(
        maps.person_logits,
        maps.box_deltas,
        parameters.anchor_wh,
        kept,
        parameters.mask_logit,
        parameters.min_iou,
        parameters.min_pixels,
        parameters.agreement,
        parameters.min_score,
        frame_bgr,
    )


def assert_fine_groups_agree(
    backend: Backend,
    maps: Maps,
    frame_hw: tuple[int, int],
    parameters: cuda_group.GroupParameters,
    work: tuple[cuda_group.GroupWork, cuda_edges.EdgeWork] | None = None,
) -> reference_gpu.PixelGroups:
    """Kernels and reference give the same people, whom it returns."""
    frame_bgr = blotches(frame_hw)
    parameters = replace(parameters, fine_edges=True)
    found = run_fine(backend, maps, frame_bgr, parameters, work)
    expected = expected_fine(maps, frame_bgr, parameters)
    # Cells of which two boxes fit equally well, and colours one level off, move edges a little.
    assert (found.labels == expected.labels).mean() >= 0.998
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
    return expected
