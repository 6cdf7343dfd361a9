"""Launches the kernels that group: the network's maps → labels and people on the device.

The NumPy reference is `engine.kernels.reference_gpu`. What the functions raise and when
results are there is said in `engine.kernels.cuda_ops`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.kernels.cuda_arguments import blocks, float32, int32, picture_grid, required
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import (
    BLOCK_XY,
    COUNTERS_BYTES,
    MAX_CANDIDATES,
    MAX_CELL_BLOCKS,
    MAX_VOTERS,
    PEAK_THREADS,
    PEOPLE,
    PIXELS_PER_THREAD,
    VOTE_THREADS,
)
from engine.types import MAX_PEOPLE


@dataclass(frozen=True, slots=True)
class GroupParameters:
    """What grouping on the GPU is told; see `engine.config.GroupOptions`.

    min_logit: of a peak. mask_logit: of a pixel. min_pixels, min_score: of a
    person. vote_iou: None leaves voting out. agreement: whether it counts in the score,
    which is then calibrated. fine_edges: whether `engine.kernels.cuda_edges` groups; then
    min_pixels counts cells.
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
    fine_edges: bool


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
    votes: DeviceArray
    elected: DeviceArray
    counters: DeviceArray
    kept: DeviceArray

    @classmethod
    def allocate(cls, backend: Backend, grid_hw: tuple[int, int]) -> GroupWork:
        """For a grid of `grid_hw` cells. Raises `KernelError`."""
        height, width = grid_hw
        cell_blocks = blocks(height * width, PEAK_THREADS)
        if cell_blocks > MAX_CELL_BLOCKS:
            raise ValueError(f"a grid of {height}×{width} cells is too large")
        # No two peaks touch, whatever the radius.
        peaks = blocks(height, 2) * blocks(width, 2)
        return cls(
            grid_hw=grid_hw,
            logits=backend.empty((height, width), np.float32),
            deltas=backend.empty((height, width, 4), np.float32),
            keys=backend.empty((peaks,), np.uint64),
            block_persons=backend.empty((cell_blocks,), np.uint32),
            persons=backend.empty((cell_blocks * PEAK_THREADS,), np.int32),
            candidates=backend.empty((MAX_CANDIDATES, 4), np.float32),
            voters=backend.empty((MAX_VOTERS, 4), np.float32),
            weights=backend.empty((MAX_VOTERS,), np.float32),
            elect_keys=backend.empty((MAX_CANDIDATES,), np.uint64),
            votes=backend.empty((MAX_CANDIDATES,), np.float32),
            elected=backend.empty((MAX_CANDIDATES, 4), np.float32),
            counters=backend.zeros((COUNTERS_BYTES,), np.uint8),
            kept=backend.empty((MAX_PEOPLE, 4), np.float32),
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
    required("labels", labels, 2, np.uint8)
    required("people", people, (PEOPLE.itemsize,), np.uint8)
    half_maps = bool(person_logits.dtype == np.float16)
    maps_dtype = np.float16 if half_maps else np.float32
    required("person_logits", person_logits, work.grid_hw, maps_dtype)
    required("box_deltas", box_deltas, (4, *work.grid_hw), maps_dtype)
    if not 1 <= parameters.max_people <= MAX_PEOPLE or parameters.radius < 1:
        raise ValueError(f"no kernel for {parameters}")
    _propose(backend, work, person_logits, box_deltas, parameters, half_maps)
    _elect(backend, work, parameters, half_maps)
    _assign(backend, work, parameters, half_maps, labels, people)
    relabel(backend, labels, people, half_maps)


def relabel(
    backend: Backend, labels: DeviceArray, people: DeviceArray, half_maps: bool = False
) -> None:
    """Give `labels` (H, W) the numbers that `people` say; nothing where nobody was dropped."""
    count = labels.shape[0] * labels.shape[1]
    threads = BLOCK_XY[0] * BLOCK_XY[1]
    backend.launch(
        "group",
        "relabel",
        (blocks(count, threads * PIXELS_PER_THREAD), 1),
        (threads, 1),
        (labels, *int32(count), people),
        half_maps,
    )


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
        (blocks(height * width, PEAK_THREADS), 1),
        (PEAK_THREADS, 1),
        (
            person_logits,
            box_deltas,
            *int32(height, width),
            *float32(*parameters.anchor_wh, parameters.min_logit),
            *int32(parameters.radius),
            *float32(parameters.mask_logit),
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
            *int32(parameters.vote_iou is not None),
            *float32(parameters.vote_iou or 0.0, parameters.nms_iou),
            *int32(parameters.max_people),
            work.elect_keys,
            work.votes,
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
        picture_grid(frame_h, frame_w),
        BLOCK_XY,
        (
            work.logits,
            work.deltas,
            *int32(height, width),
            *float32(*parameters.anchor_wh),
            work.kept,
            *float32(parameters.mask_logit, parameters.min_iou, parameters.min_score),
            *int32(max(parameters.min_pixels, 1), parameters.agreement, frame_h, frame_w),
            *float32(_cells_per_pixel(width, frame_w), _cells_per_pixel(height, frame_h)),
            work.counters,
            labels,
            people,
        ),
        half_maps,
    )


def _cells_per_pixel(cells: int, pixels: int) -> float:
    return (cells - 1) / (pixels - 1) if pixels > 1 else 0.0
