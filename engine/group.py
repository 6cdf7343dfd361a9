"""Pixels into people: the network's two maps become `Instances` (paper section 3.3).

Peaks of the person map propose boxes, the person cells vote for those that their own
predicted box agrees with, non-maximum suppression keeps one per person, and every cell
goes to the person whose box its own fits best. That happens on the network's grid of
cells; the masks are then brought to frame resolution with smooth edges, which follow the
picture where that is asked for, and lose their specks. Voting, such edges and tidy masks are
ours; `GroupOptions.paper()` leaves them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.config import GroupOptions
from engine.edges import follow_picture
from engine.kernels import on_cpu
from engine.kernels.reference import calibrate, within_limit
from engine.types import (
    HEAD_STRIDE,
    MAX_PEOPLE,
    BoolArray,
    Float32Array,
    Frame,
    InputGeometry,
    Instances,
    Prediction,
    UInt8Array,
)

MAX_CANDIDATES = 256
"""At most this many peaks, the highest, propose a box; a crowded frame has about 100."""

MAX_VOTERS = 1024
"""Of more person cells than this, every n-th votes; accuracy does not change measurably."""


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
    """The people of one frame, the surest proposal first.

    NaN logits count as background, NaN and infinite deltas as the nearest defined box.
    People who own no pixel of the frame are left out.
    """
    return bring_to_frame(group_cells(prediction, options), prediction, options)


def group_cells(prediction: Prediction, options: GroupOptions) -> CellGroups:
    """The people on the network's grid, before their masks are brought to frame size."""
    return assign_cells(prediction, propose_boxes(prediction, options), options)


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
    prediction = Prediction(frame, geometry, logits, deltas, anchor_wh=(16.0, 16.0))
    group(prediction, GroupOptions())


def propose_boxes(prediction: Prediction, options: GroupOptions) -> Float32Array:
    """One box per person, B_g of the paper: (4, M) float32, the best first."""
    cpu = on_cpu.kernels()
    logits = cpu.clean_logits(np.ascontiguousarray(prediction.person_logits))
    deltas = np.ascontiguousarray(prediction.box_deltas)
    peaks = cpu.find_peaks(logits, logit(options.peak_probability), options.peak_radius)
    boxes = cpu.decode_boxes(deltas, peaks[:MAX_CANDIDATES], prediction.anchor_wh)
    if not options.voting or boxes.shape[1] == 0:
        kept = cpu.nms(boxes, options.nms_iou, options.max_people)
    else:
        boxes, votes = _elect_boxes(prediction, logits, boxes, options)
        kept = cpu.nms(boxes, options.nms_iou, MAX_PEOPLE)
        # In a crowd the many small people are denser than a large one in front of them.
        kept = within_limit(kept, votes, options.max_people)
    return np.ascontiguousarray(boxes[:, kept])


def _elect_boxes(
    prediction: Prediction, logits: Float32Array, candidates: Float32Array, options: GroupOptions
) -> tuple[Float32Array, Float32Array]:
    """The mean boxes of the candidates' voters, (4, K), the densest electorate first, and
    the votes (K,) of each.

    A peak of the person map says nothing about its box: pieces of large people, whose
    box no other pixel agrees with, come first as often as not. Votes per area of the box
    put them last, and averaging makes the box better than any single one.
    """
    cpu = on_cpu.kernels()
    cells = np.flatnonzero(logits.ravel() >= np.float32(logit(options.mask_probability)))
    step = -(-cells.size // MAX_VOTERS)
    if step == 0:
        return candidates, np.zeros(candidates.shape[1], np.float32)
    cells = cells[::step]
    deltas = np.ascontiguousarray(prediction.box_deltas)
    voters = cpu.decode_boxes(deltas, cells, prediction.anchor_wh)
    weights = _probability(logits.ravel()[cells])
    votes, boxes = cpu.gather_votes(candidates, voters, weights, options.vote_iou)
    area = (candidates[2] - candidates[0]) * (candidates[3] - candidates[1])
    ranked = np.argsort(-votes / area, kind="stable")
    return np.ascontiguousarray(boxes[:, ranked], np.float32), votes[ranked]


def assign_cells(
    prediction: Prediction, people_boxes: Float32Array, options: GroupOptions
) -> CellGroups:
    """Every person cell to the one of `people_boxes` (4, M) that its own box fits best."""
    cpu = on_cpu.kernels()
    logits = cpu.clean_logits(np.ascontiguousarray(prediction.person_logits))
    mask_logit = np.float32(logit(options.mask_probability))
    cells = np.flatnonzero(logits.ravel() >= mask_logit)
    deltas = np.ascontiguousarray(prediction.box_deltas)
    cell_boxes = cpu.decode_boxes(deltas, cells, prediction.anchor_wh)
    owners = cpu.assign(cell_boxes, people_boxes, options.assign_iou)
    labels = np.zeros(logits.shape, np.uint8)
    labels.ravel()[cells] = owners
    trust = None
    if options.agreement_score:
        iou = cpu.own_iou(cell_boxes, people_boxes, owners)
        trust = _trust(iou, owners, people_boxes, prediction.geometry)
    return collect_people(logits - mask_logit, labels, people_boxes, options, trust)


def _trust(
    iou: Float32Array, owners: UInt8Array, people_boxes: Float32Array, geometry: InputGeometry
) -> Float32Array:
    """How far to believe in each person, (M,) in [0, 1].

    The mean IoU of the pixels' own boxes with the person's, times the root of the share
    of the box that the pixels fill, where that is below a half.
    """
    count = people_boxes.shape[1]
    sizes, sums = on_cpu.kernels().tally(owners, iou, count)
    agreement = sums / np.maximum(sizes, 1)
    height, width = geometry.input_hw
    x0, x1 = np.clip(people_boxes[::2], -0.5, width - 0.5)
    y0, y1 = np.clip(people_boxes[1::2], -0.5, height - 0.5)
    box_cells = np.maximum((x1 - x0) * (y1 - y0) / HEAD_STRIDE**2, 1)
    return np.asarray(agreement * np.sqrt(np.minimum(2 * sizes / box_cells, 1)), np.float32)


def bring_to_frame(cells: CellGroups, prediction: Prediction, options: GroupOptions) -> Instances:
    """People of the prediction's grid with masks and boxes in pixels of its frame."""
    margins, labels, geometry = cells.margins, cells.labels, prediction.geometry
    if options.fine_edges:
        margins, labels = follow_picture(margins, labels, prediction.frame.image_bgr)
    labels, present = on_cpu.kernels().upsample_labels(margins, labels, geometry.frame_hw)
    tidy(labels, options)
    instances = Instances(
        labels=labels,
        boxes_xyxy=geometry.boxes_to_frame(cells.boxes_xyxy),
        scores=cells.scores,
        track_ids=np.full(len(cells.scores), -1, np.int64),
    )
    return _without_empty(instances, present)


def tidy(labels: UInt8Array, options: GroupOptions) -> bool:
    """Take specks and pinholes out of masks (H, W) at frame resolution, in place; whether there
    were any. See `engine.kernels.tidy_reference.tidy`."""
    return options.speck_share > 0 and on_cpu.kernels().tidy(labels, options.speck_share) > 0


def logit(probability: float) -> float:
    """The inverse of the logistic function; 0 < probability < 1."""
    return math.log(probability / (1 - probability))


def collect_people(
    margins: Float32Array,
    labels: UInt8Array,
    people_boxes: Float32Array,
    options: GroupOptions,
    trust: Float32Array | None = None,
) -> CellGroups:
    """Scores of the people, without those who are too small or too unsure.

    margins: (h, w), logit minus the logit of the mask threshold. labels: (h, w) of the
    M people of `people_boxes` (4, M). A score is the mean person probability of the
    person's cells; with `trust` (M,) it is multiplied by that and calibrated, by the number
    of cells too.
    """
    count = people_boxes.shape[1]
    probability = _probability(margins.ravel() + np.float32(logit(options.mask_probability)))
    sizes, sums = on_cpu.kernels().tally(labels.ravel(), probability, count)
    scores = sums / np.maximum(sizes, 1)
    if trust is not None:
        scores = calibrate(scores * trust, sizes.astype(np.float64))
    alive = (sizes >= options.min_cells) & (scores >= options.min_score)
    return CellGroups(
        labels=labels if alive.all() else _renumbering(alive)[labels],
        boxes_xyxy=np.ascontiguousarray(people_boxes.T[alive]),
        scores=scores[alive].astype(np.float32),
        margins=margins,
    )


def _probability(logits: Float32Array) -> Float32Array:
    """The logistic function, of logits that were cleaned: none is so low that exp overflows."""
    one = np.float32(1)
    return one / (one + np.exp(-logits))


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
