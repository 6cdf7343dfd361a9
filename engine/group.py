"""Pixels into people: the network's two maps become `Instances` (paper section 3.3).

Peaks of the person map propose boxes, non-maximum suppression keeps one per person, and
every person cell goes to the person whose box its own predicted box fits best. That
happens on the network's grid of cells; the masks are then brought to frame resolution
with smooth edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.config import GroupOptions
from engine.types import (
    BoolArray,
    Float32Array,
    Frame,
    InputGeometry,
    Instances,
    Int64Array,
    Prediction,
    UInt8Array,
)


@dataclass(frozen=True, slots=True, eq=False)
class CellGroups:
    """M people on the network's grid.

    labels: (h, w) uint8; 0 is nobody, i + 1 is person i. boxes_xyxy: (M, 4) float32, in
    index coordinates of the network input. scores: (M,) float32 in [0, 1].
    margins: (h, w) float32, logit minus the logit of the mask threshold.
    """

    labels: UInt8Array
    boxes_xyxy: Float32Array
    scores: Float32Array
    margins: Float32Array


def group(prediction: Prediction, options: GroupOptions) -> Instances:
    """The people of one frame, ordered by the height of their peak.

    NaN logits count as background, NaN and infinite deltas as the nearest defined box.
    People who own no pixel of the frame are left out.
    """
    from engine.kernels import cpu  # Numba takes half a second to import

    cells = group_cells(prediction, options)
    geometry = prediction.geometry
    labels, present = cpu.upsample_labels(cells.margins, cells.labels, geometry.frame_hw)
    instances = Instances(
        labels=labels,
        boxes_xyxy=geometry.boxes_to_frame(cells.boxes_xyxy),
        scores=cells.scores,
        track_ids=np.full(len(cells.scores), -1, np.int64),
    )
    return _without_empty(instances, present)


def warm_up() -> None:
    """Compile the kernels or load them from disk, so that the first frame need not wait.

    Takes seconds at the very first start, then half a second; meant for a thread of its
    own while camera and network are opened.
    """
    geometry = InputGeometry(frame_hw=(24, 32), input_hw=(33, 33))
    frame = Frame(np.zeros((24, 32, 3), np.uint8), index=0, time_s=0.0, captured_at_s=0.0)
    logits = np.full(geometry.grid_hw, -5, np.float32)
    logits[2:5, 2:5] = 5
    deltas = np.zeros((4, *geometry.grid_hw), np.float32)
    group(Prediction(frame, geometry, logits, deltas, anchor_wh=(16.0, 16.0)), GroupOptions())


def group_cells(prediction: Prediction, options: GroupOptions) -> CellGroups:
    """The people on the network's grid, before their masks are brought to frame size."""
    from engine.kernels import cpu

    logits = cpu.clean_logits(np.ascontiguousarray(prediction.person_logits))
    deltas = np.ascontiguousarray(prediction.box_deltas)
    mask_logit = logit(options.mask_probability)
    peaks = cpu.find_peaks(logits, logit(options.peak_probability), options.peak_radius)
    peak_boxes = cpu.decode_boxes(deltas, peaks, prediction.anchor_wh)
    kept = cpu.nms(peak_boxes, options.nms_iou, options.max_people)
    people_boxes = np.ascontiguousarray(peak_boxes[:, kept])
    cells = np.flatnonzero(logits.ravel() >= np.float32(mask_logit))
    cell_boxes = cpu.decode_boxes(deltas, cells, prediction.anchor_wh)
    cell_labels = cpu.assign(cell_boxes, people_boxes, options.assign_iou)
    return _collect(logits, mask_logit, cells, cell_labels, people_boxes, options.min_cells)


def logit(probability: float) -> float:
    """The inverse of the logistic function; 0 < probability < 1."""
    return math.log(probability / (1 - probability))


def _collect(
    logits: Float32Array,
    mask_logit: float,
    cells: Int64Array,
    cell_labels: UInt8Array,
    people_boxes: Float32Array,
    min_cells: int,
) -> CellGroups:
    """Scores of the people, without those who got fewer than `min_cells` cells."""
    count = people_boxes.shape[1]
    probability = 1 / (1 + np.exp(-logits.ravel()[cells].astype(np.float64)))
    sizes = np.bincount(cell_labels, minlength=count + 1)[1:]
    sums = np.bincount(cell_labels, weights=probability, minlength=count + 1)[1:]
    alive = sizes >= min_cells
    labels = np.zeros(logits.size, np.uint8)
    labels[cells] = _renumbering(alive)[cell_labels]
    return CellGroups(
        labels=labels.reshape(logits.shape),
        boxes_xyxy=np.ascontiguousarray(people_boxes.T[alive]),
        scores=(sums[alive] / sizes[alive]).astype(np.float32),
        margins=logits - np.float32(mask_logit),
    )


def _without_empty(instances: Instances, present: BoolArray) -> Instances:
    """Leave out people without a pixel: a cell between two pixels can lose to others."""
    alive = present[1 : len(instances) + 1]
    if alive.all():
        return instances
    return Instances(
        labels=_renumbering(alive)[instances.labels],
        boxes_xyxy=instances.boxes_xyxy[alive],
        scores=instances.scores[alive],
        track_ids=instances.track_ids[alive],
    )


def _renumbering(alive: BoolArray) -> UInt8Array:
    """Old label → new label when only the people marked `alive` stay; the rest become 0."""
    new_labels = np.zeros(len(alive) + 1, np.uint8)
    new_labels[1:][alive] = np.arange(1, alive.sum() + 1)
    return new_labels
