"""Launches the kernels of fine edges: labels of cells, moved edges, labels of the frame.

The NumPy reference is `engine.kernels.reference_gpu_edges`. What the functions raise and when
results are there is said in `engine.kernels.cuda_ops`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.kernels import cuda_group, cuda_ops
from engine.kernels.cuda_arguments import blocks, float32, int32, picture_grid, required
from engine.kernels.cuda_backend import Backend, DeviceArray
from engine.kernels.cuda_source import BLOCK_XY, COUNTERS_BYTES, PEOPLE
from engine.kernels.edges_reference import FINER


@dataclass(frozen=True, slots=True, eq=False)
class EdgeWork:
    """Device memory that fine edges on one grid size (h, w) use again for every frame.

    labels: (h, w) uint8 and cell_bgr: (h, w, 3) uint8 of the cells. fine_bgr, fine_margins
    (float32) and fine_labels: the same on the grid `FINER` times as fine.
    """

    labels: DeviceArray
    cell_bgr: DeviceArray
    fine_bgr: DeviceArray
    fine_margins: DeviceArray
    fine_labels: DeviceArray

    @classmethod
    def allocate(cls, backend: Backend, grid_hw: tuple[int, int]) -> EdgeWork:
        """For a grid of `grid_hw` cells. Raises `KernelError`."""
        fine_hw = FINER * (grid_hw[0] - 1) + 1, FINER * (grid_hw[1] - 1) + 1
        return cls(
            labels=backend.empty(grid_hw, np.uint8),
            cell_bgr=backend.empty((*grid_hw, 3), np.uint8),
            fine_bgr=backend.empty((*fine_hw, 3), np.uint8),
            fine_margins=backend.empty(fine_hw, np.float32),
            fine_labels=backend.empty(fine_hw, np.uint8),
        )


def group(
    backend: Backend,
    work: cuda_group.GroupWork,
    edges: EdgeWork,
    frame_bgr: DeviceArray,
    person_logits: DeviceArray,
    box_deltas: DeviceArray,
    parameters: cuda_group.GroupParameters,
    labels: DeviceArray,
    people: DeviceArray,
) -> None:
    """As `cuda_group.group`, whose `min_pixels` counts cells here, with fine edges.

    frame_bgr: (H, W, 3) uint8, the frame that the maps belong to.
    """
    # For the kernels, cells are the pixels of a small frame.
    cuda_group.group(backend, work, person_logits, box_deltas, parameters, edges.labels, people)
    cuda_ops.resize(backend, frame_bgr, edges.fine_bgr)
    cuda_ops.resize(backend, edges.fine_bgr, edges.cell_bgr)
    follow_edges(backend, work.logits, parameters.mask_logit, edges)
    upsample_labels(backend, edges.fine_margins, edges.fine_labels, work.counters, labels, people)
    cuda_group.relabel(backend, labels, people)


def follow_edges(backend: Backend, logits: DeviceArray, mask_logit: float, edges: EdgeWork) -> None:
    """Labels and colours of `edges`, and logits (h, w) float32 → its fine margins and labels."""
    height, width = required("labels", edges.labels, 2, np.uint8)
    required("logits", logits, (height, width), np.float32)
    required("cell_bgr", edges.cell_bgr, (height, width, 3), np.uint8)
    fine_h, fine_w = required("fine_labels", edges.fine_labels, 2, np.uint8)
    required("fine_margins", edges.fine_margins, (fine_h, fine_w), np.float32)
    required("fine_bgr", edges.fine_bgr, (fine_h, fine_w, 3), np.uint8)
    finer = (fine_h - 1) // max(height - 1, 1)
    if min(height, width) < 2 or (fine_h, fine_w) != (
        finer * (height - 1) + 1,
        finer * (width - 1) + 1,
    ):
        raise ValueError(f"{fine_h}×{fine_w} is no finer grid of {height}×{width} cells")
    backend.launch(
        "edges",
        "follow_edges",
        (blocks(width - 1, BLOCK_XY[0]), blocks(height - 1, BLOCK_XY[1])),
        BLOCK_XY,
        (
            logits,
            *float32(mask_logit),
            edges.labels,
            edges.cell_bgr,
            edges.fine_bgr,
            *int32(height, width, finer),
            edges.fine_margins,
            edges.fine_labels,
        ),
    )


def upsample_labels(
    backend: Backend,
    margins: DeviceArray,
    grid_labels: DeviceArray,
    counters: DeviceArray,
    labels: DeviceArray,
    people: DeviceArray,
) -> None:
    """Margins and labels (h, w) of a grid → `labels` (H, W) uint8, numbered as those are.

    people: those whose labels they are; who has no pixel is left out there, and
    `cuda_group.relabel` then gives the labels their new numbers.
    """
    height, width = required("grid_labels", grid_labels, 2, np.uint8)
    required("margins", margins, (height, width), np.float32)
    required("counters", counters, (COUNTERS_BYTES,), np.uint8)
    required("people", people, (PEOPLE.itemsize,), np.uint8)
    frame_h, frame_w = required("labels", labels, 2, np.uint8)
    backend.launch(
        "edges",
        "upsample_labels",
        picture_grid(frame_h, frame_w),
        BLOCK_XY,
        (
            margins,
            grid_labels,
            *int32(height, width, frame_h, frame_w),
            counters,
            labels,
            people,
        ),
    )
