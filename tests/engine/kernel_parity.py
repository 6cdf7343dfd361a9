"""Runs the GPU kernels on any backend and beside them their NumPy references."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.config import GroupOptions
from engine.group import logit
from engine.kernels import cuda_group, cuda_ops, reference_gpu, reference_gpu_pictures
from engine.kernels.composite_reference import Contours, Cover, Look
from engine.kernels.composite_reference import composite as composite_reference
from engine.kernels.cuda_backend import Backend
from engine.kernels.cuda_source import PEOPLE
from tests.engine.cuda_scenes import ANCHOR_WH, Maps

Array = npt.NDArray[Any]

PAPER = cuda_group.GroupParameters(
    anchor_wh=ANCHOR_WH,
    min_logit=logit(0.6),
    radius=1,
    mask_logit=0.0,
    vote_iou=None,
    nms_iou=0.4,
    max_people=20,
    min_iou=0.3,
    min_pixels=1,
    agreement=False,
    fine_edges=False,
    min_score=0.0,
)
VOTING = replace(PAPER, vote_iou=0.5, nms_iou=0.3, agreement=True)


def on_device(backend: Backend, array: Array) -> Any:
    target = backend.empty(array.shape, array.dtype)
    backend.copy_in(target, np.ascontiguousarray(array))
    backend.wait()
    return target


def on_host(backend: Backend, array: Any) -> Array:
    target = backend.pinned(array.shape, array.dtype)
    backend.copy_out(target, array)
    backend.wait()
    return target


def run_group(
    backend: Backend,
    maps: Maps,
    frame_hw: tuple[int, int],
    parameters: cuda_group.GroupParameters,
    work: cuda_group.GroupWork | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> tuple[reference_gpu.PixelGroups, Array]:
    """What the kernels make of the maps, and the boxes NMS kept before small people went."""
    grid_h, grid_w = maps.person_logits.shape
    work = work or cuda_group.GroupWork.allocate(backend, (grid_h, grid_w))
    labels = backend.empty(frame_hw, np.uint8)
    people = backend.empty((PEOPLE.itemsize,), np.uint8)
    cuda_group.group(
        backend,
        work,
        on_device(backend, maps.person_logits.astype(dtype)),
        on_device(backend, maps.box_deltas.astype(dtype)),
        parameters,
        labels,
        people,
    )
    record = on_host(backend, people).view(PEOPLE)[0]
    count = int(record["count"])
    kept = int(on_host(backend, work.counters)[24:28].view(np.uint32)[0])
    found = reference_gpu.PixelGroups(
        on_host(backend, labels), record["boxes_xyxy"][:count].copy(), record["scores"][:count]
    )
    return found, on_host(backend, work.kept)[:kept]


def expected_groups(
    maps: Maps, frame_hw: tuple[int, int], parameters: cuda_group.GroupParameters
) -> tuple[reference_gpu.PixelGroups, Array]:
    kept = reference_gpu.find_people(
        maps.person_logits,
        maps.box_deltas,
        parameters.anchor_wh,
        parameters.min_logit,
        parameters.radius,
        parameters.mask_logit,
        parameters.vote_iou,
        parameters.nms_iou,
        parameters.max_people,
    )
    groups = reference_gpu.assign_pixels(
        maps.person_logits,
        maps.box_deltas,
        parameters.anchor_wh,
        kept,
        parameters.mask_logit,
        parameters.min_iou,
        parameters.min_pixels,
        parameters.agreement,
        parameters.min_score,
        frame_hw,
    )
    return groups, kept


def assert_same_groups(
    found: reference_gpu.PixelGroups, expected: reference_gpu.PixelGroups, share: float = 0.999
) -> None:
    # Single pixels on an edge may fall to either side: exp and the interpolation are
    # rounded differently in the last bit.
    assert (found.labels == expected.labels).mean() >= share
    np.testing.assert_allclose(found.boxes_xyxy, expected.boxes_xyxy, rtol=1e-5, atol=1e-2)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)


def assert_groups_agree(
    backend: Backend,
    maps: Maps,
    frame_hw: tuple[int, int],
    parameters: cuda_group.GroupParameters,
    work: cuda_group.GroupWork | None = None,
) -> reference_gpu.PixelGroups:
    """Kernels and reference keep the same boxes and give the same people, whom it returns."""
    found, kept = run_group(backend, maps, frame_hw, parameters, work)
    expected, expected_kept = expected_groups(maps, frame_hw, parameters)
    assert kept.shape == expected_kept.shape
    np.testing.assert_allclose(kept, expected_kept, rtol=1e-5, atol=1e-2)
    assert_same_groups(found, expected)
    return expected


def assert_preprocessing_agrees(
    backend: Backend, frame_hw: tuple[int, int], input_hw: tuple[int, int]
) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (*frame_hw, 3), np.uint8)
    rgb = backend.empty((1, *input_hw, 3), np.uint8)
    cuda_ops.preprocess(backend, on_device(backend, frame), rgb)
    found, expected = on_host(backend, rgb), reference_gpu_pictures.preprocess(frame, input_hw)
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found == expected).mean() > 0.99


def random_look(rng: np.random.Generator) -> Look:
    weights = rng.integers(0, 257, (3, 256)).astype(np.uint16)
    weights[:, 0] = 0  # nobody has no tint, no density no line
    tint, line = rng.integers(0, 256, (2, 256, 3)).astype(np.uint8)
    has_line = np.ones(256, bool)
    has_line[[0, 3]] = False
    return Look(tint, weights[0], line, has_line, weights[1], weights[2])


def blocky_labels(rng: np.random.Generator, frame_hw: tuple[int, int]) -> Array:
    coarse = rng.integers(0, 6, (-(-frame_hw[0] // 9), -(-frame_hw[1] // 23)))
    coarse *= rng.random(coarse.shape) < 0.5
    return np.kron(coarse, np.ones((9, 23), int))[: frame_hw[0], : frame_hw[1]].astype(np.uint8)


def assert_pictures_agree(
    backend: Backend, frame_hw: tuple[int, int], radius: int, covered: bool
) -> Contours | None:
    """To the last bit; returns the contours that were drawn."""
    rng = np.random.default_rng(radius)
    frame, picture = rng.integers(0, 256, (2, *frame_hw, 3)).astype(np.uint8)
    labels = blocky_labels(rng, frame_hw)
    alpha = (rng.integers(0, 256, frame_hw) * (rng.random(frame_hw) < 0.3)).astype(np.uint8)
    cover = Cover(picture, alpha) if covered else None
    look = random_look(rng)
    contours = reference_gpu_pictures.outline(labels, look.has_line, radius) if radius else None
    expected = np.empty_like(frame)
    composite_reference(frame, labels, look, contours, cover, expected)
    out = backend.empty(frame.shape, np.uint8)
    cuda_ops.composite(
        backend,
        on_device(backend, frame),
        on_device(backend, labels),
        on_device(backend, cuda_ops.pack_look(look)),
        radius,
        (on_device(backend, cover.image_bgr), on_device(backend, cover.alpha)) if cover else None,
        out,
    )
    assert np.array_equal(on_host(backend, out), expected)
    return contours


def parameters_for(options: GroupOptions) -> cuda_group.GroupParameters:
    return replace(
        PAPER,
        min_logit=logit(options.peak_probability),
        mask_logit=logit(options.mask_probability),
        vote_iou=options.vote_iou if options.voting else None,
        nms_iou=options.nms_iou,
        max_people=options.max_people,
        min_iou=options.assign_iou,
        min_score=options.min_score,
        agreement=options.agreement_score,
    )
