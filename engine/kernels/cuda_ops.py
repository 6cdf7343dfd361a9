"""Launches the CUDA kernels: checks the arrays, lays out the grid, orders the arguments.

Each function has its NumPy reference in `engine.kernels.reference_gpu` or
`composite_reference`. All of them only ask for work on the backend's stream; results are
there after `Backend.wait`. They raise ValueError for arrays that a kernel could not walk
through (wrong shape or type, not C-contiguous) and `KernelError` from the backend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.kernels.composite_reference import Look
from engine.kernels.cuda_backend import Backend, DeviceArray, HostArray
from engine.kernels.cuda_source import (
    BLOCK_XY,
    COUNTERS_BYTES,
    LOOK,
    MAX_CANDIDATES,
    MAX_CELL_BLOCKS,
    MAX_OUTLINE_RADIUS,
    MAX_VOTERS,
    PATCH_HW,
    PEAK_THREADS,
    PEOPLE,
    PIXELS_PER_THREAD,
    VOTE_THREADS,
)
from engine.kernels.reference_gpu import sampling_step
from engine.types import MAX_PEOPLE


@dataclass(frozen=True, slots=True)
class GroupParameters:
    """What grouping on the GPU is told; see `engine.config.GroupOptions`.

    min_logit: of a peak. mask_logit: of a pixel. min_pixels, min_score: of a
    person. vote_iou: None leaves voting out. agreement: whether it counts in the score,
    which is then calibrated.
    """

    anchor_wh: tuple[float, float]
    min_logit: float
    radius: int
    mask_logit: float
    vote_iou: float | None
    nms_iou: float
    max_people: int
    min_iou: float
    min_pixels: int
    min_score: float
    agreement: bool


@dataclass(frozen=True, slots=True, eq=False)
class GroupWork:
    """Device memory that grouping on one grid size (h, w) uses again for every frame."""

    grid_hw: tuple[int, int]
    logits: DeviceArray
    deltas: DeviceArray
    keys: DeviceArray
    block_persons: DeviceArray
    persons: DeviceArray
    candidates: DeviceArray
    voters: DeviceArray
    weights: DeviceArray
    elect_keys: DeviceArray
    elected: DeviceArray
    counters: DeviceArray
    kept: DeviceArray

    @classmethod
    def allocate(cls, backend: Backend, grid_hw: tuple[int, int]) -> GroupWork:
        """For a grid of `grid_hw` cells. Raises `KernelError`."""
        height, width = grid_hw
        blocks = _blocks(height * width, PEAK_THREADS)
        if blocks > MAX_CELL_BLOCKS:
            raise ValueError(f"a grid of {height}×{width} cells is too large")
        # No two peaks touch, whatever the radius.
        peaks = _blocks(height, 2) * _blocks(width, 2)
        return cls(
            grid_hw=grid_hw,
            logits=backend.empty((height, width), np.float32),
            deltas=backend.empty((height, width, 4), np.float32),
            keys=backend.empty((peaks,), np.uint64),
            block_persons=backend.empty((blocks,), np.uint32),
            persons=backend.empty((blocks * PEAK_THREADS,), np.int32),
            candidates=backend.empty((MAX_CANDIDATES, 4), np.float32),
            voters=backend.empty((MAX_VOTERS, 4), np.float32),
            weights=backend.empty((MAX_VOTERS,), np.float32),
            elect_keys=backend.empty((MAX_CANDIDATES,), np.uint64),
            elected=backend.empty((MAX_CANDIDATES, 4), np.float32),
            counters=backend.zeros((COUNTERS_BYTES,), np.uint8),
            kept=backend.empty((MAX_PEOPLE, 4), np.float32),
        )


def preprocess(backend: Backend, frame_bgr: DeviceArray, rgb: DeviceArray) -> None:
    """Frame (H, W, 3) uint8 BGR → `rgb` (1, h, w, 3) uint8 RGB."""
    frame_h, frame_w, _ = _required("frame_bgr", frame_bgr, 3, np.uint8)
    _, height, width, _ = _required("rgb", rgb, 4, np.uint8)
    block_h, step_y, offset_y = sampling_step(frame_h, height)
    block_w, step_x, offset_x = sampling_step(frame_w, width)
    reach_y, reach_x = (int(step * (side - 1)) + 3 for step, side in _steps(step_y, step_x))
    if reach_y > PATCH_HW[0] or reach_x > PATCH_HW[1]:
        raise ValueError(f"a frame of {frame_h}×{frame_w} cannot become {height}×{width}")
    backend.launch(
        "preprocess",
        "preprocess",
        (_blocks(width, BLOCK_XY[0]), _blocks(height, BLOCK_XY[1])),
        BLOCK_XY,
        (
            frame_bgr,
            *_int32(frame_h, frame_w, block_h, block_w),
            *_float32(step_y, step_x, offset_y, offset_x),
            *_int32(height, width),
            rgb,
        ),
    )


def group(
    backend: Backend,
    work: GroupWork,
    person_logits: DeviceArray,
    box_deltas: DeviceArray,
    parameters: GroupParameters,
    labels: DeviceArray,
    people: DeviceArray,
) -> None:
    """The network's maps → `labels` (H, W) uint8 and `people`, one `PEOPLE` record as bytes.

    person_logits: (h, w), box_deltas: (4, h, w), both float32 or both float16.
    """
    half_maps = bool(person_logits.dtype == np.float16)
    maps_dtype = np.float16 if half_maps else np.float32
    _required("person_logits", person_logits, work.grid_hw, maps_dtype)
    _required("box_deltas", box_deltas, (4, *work.grid_hw), maps_dtype)
    _required("labels", labels, 2, np.uint8)
    _required("people", people, (PEOPLE.itemsize,), np.uint8)
    if not 1 <= parameters.max_people <= MAX_PEOPLE or parameters.radius < 1:
        raise ValueError(f"no kernel for {parameters}")
    _propose(backend, work, person_logits, box_deltas, parameters, half_maps)
    _elect(backend, work, parameters, half_maps)
    _assign(backend, work, parameters, half_maps, labels, people)


def _propose(
    backend: Backend,
    work: GroupWork,
    person_logits: DeviceArray,
    box_deltas: DeviceArray,
    parameters: GroupParameters,
    half_maps: bool,
) -> None:
    height, width = work.grid_hw
    backend.launch(
        "group",
        "find_candidates",
        (_blocks(height * width, PEAK_THREADS), 1),
        (PEAK_THREADS, 1),
        (
            person_logits,
            box_deltas,
            *_int32(height, width),
            *_float32(*parameters.anchor_wh, parameters.min_logit),
            *_int32(parameters.radius),
            *_float32(parameters.mask_logit),
            work.logits,
            work.deltas,
            work.keys,
            work.block_persons,
            work.persons,
            work.counters,
            work.candidates,
            work.voters,
            work.weights,
        ),
        half_maps,
    )


def _elect(backend: Backend, work: GroupWork, parameters: GroupParameters, half_maps: bool) -> None:
    backend.launch(
        "group",
        "elect_people",
        (MAX_CANDIDATES, 1),
        (VOTE_THREADS, 1),
        (
            work.candidates,
            work.voters,
            work.weights,
            *_int32(parameters.vote_iou is not None),
            *_float32(parameters.vote_iou or 0.0, parameters.nms_iou),
            *_int32(parameters.max_people),
            work.elect_keys,
            work.elected,
            work.counters,
            work.kept,
        ),
        half_maps,
    )


def _assign(
    backend: Backend,
    work: GroupWork,
    parameters: GroupParameters,
    half_maps: bool,
    labels: DeviceArray,
    people: DeviceArray,
) -> None:
    (height, width), (frame_h, frame_w) = work.grid_hw, labels.shape
    backend.launch(
        "group",
        "assign_pixels",
        _picture_grid(frame_h, frame_w),
        BLOCK_XY,
        (
            work.logits,
            work.deltas,
            *_int32(height, width),
            *_float32(*parameters.anchor_wh),
            work.kept,
            *_float32(parameters.mask_logit, parameters.min_iou, parameters.min_score),
            *_int32(max(parameters.min_pixels, 1), parameters.agreement, frame_h, frame_w),
            *_float32(_cells_per_pixel(width, frame_w), _cells_per_pixel(height, frame_h)),
            work.counters,
            labels,
            people,
        ),
        half_maps,
    )
    threads = BLOCK_XY[0] * BLOCK_XY[1]
    backend.launch(
        "group",
        "relabel",
        (_blocks(frame_h * frame_w, threads * PIXELS_PER_THREAD), 1),
        (threads, 1),
        (labels, *_int32(frame_h * frame_w), people),
        half_maps,
    )


def composite(
    backend: Backend,
    frame_bgr: DeviceArray,
    labels: DeviceArray,
    look: DeviceArray,
    outline_radius: int,
    cover: tuple[DeviceArray, DeviceArray] | None,
    out: DeviceArray,
) -> None:
    """Tint, cover and outline onto `out` (H, W, 3) uint8, which may be `frame_bgr` itself.

    look: one `LOOK` record as bytes. outline_radius: half the side of the window that
    makes an outline, 0 draws none. cover: picture (H, W, 3) and alpha (H, W) uint8.
    """
    frame_h, frame_w = _required("labels", labels, 2, np.uint8)
    _required("frame_bgr", frame_bgr, (frame_h, frame_w, 3), np.uint8)
    _required("out", out, (frame_h, frame_w, 3), np.uint8)
    _required("look", look, (LOOK.itemsize,), np.uint8)
    if not 0 <= outline_radius <= MAX_OUTLINE_RADIUS:
        raise ValueError(f"outline_radius is {outline_radius}, not 0 to {MAX_OUTLINE_RADIUS}")
    picture, alpha = cover if cover is not None else (frame_bgr, labels)
    _required("cover", picture, (frame_h, frame_w, 3), np.uint8)
    _required("cover alpha", alpha, (frame_h, frame_w), np.uint8)
    backend.launch(
        "composite",
        "composite",
        _picture_grid(frame_h, frame_w),
        BLOCK_XY,
        (
            frame_bgr,
            labels,
            *_int32(frame_h, frame_w),
            look,
            *_int32(outline_radius, cover is not None),
            picture,
            alpha,
            out,
        ),
    )


def pack_look(look: Look) -> HostArray:
    """`look` as the bytes that `composite` reads, one `LOOK` record."""
    record = np.zeros(1, LOOK)
    for field in LOOK.names or ():
        record[field][0] = getattr(look, field)
    return record.view(np.uint8)


def _required(
    name: str, array: DeviceArray, shape: tuple[int, ...] | int, dtype: npt.DTypeLike
) -> tuple[int, ...]:
    """The array's shape; ValueError unless it has that shape or number of axes."""
    fits = array.ndim == shape if isinstance(shape, int) else array.shape == shape
    if not fits or array.dtype != dtype or 0 in array.shape:
        raise ValueError(f"{name} must be {shape} {np.dtype(dtype)}, got {array.shape}")
    if not array.flags.c_contiguous:
        raise ValueError(f"{name} must be C-contiguous")
    return tuple(array.shape)


def _steps(step_y: float, step_x: float) -> tuple[tuple[float, int], tuple[float, int]]:
    return (step_y, BLOCK_XY[1]), (step_x, BLOCK_XY[0])


def _cells_per_pixel(cells: int, pixels: int) -> float:
    return (cells - 1) / (pixels - 1) if pixels > 1 else 0.0


def _picture_grid(height: int, width: int) -> tuple[int, int]:
    return _blocks(width, BLOCK_XY[0] * PIXELS_PER_THREAD), _blocks(height, BLOCK_XY[1])


def _blocks(count: int, size: int) -> int:
    return -(-count // size)


def _int32(*values: int) -> tuple[np.int32, ...]:
    return tuple(np.int32(value) for value in values)


def _float32(*values: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(value) for value in values)
