"""What the same network would reach if one step of grouping were perfect."""

from __future__ import annotations

import cv2
import numpy as np

from engine.config import GroupOptions
from engine.group import assign_cells, bring_to_frame, collect_people, logit
from engine.kernels.reference import clean_logits
from engine.types import (
    MAX_PEOPLE,
    BoolArray,
    Float32Array,
    InputGeometry,
    Instances,
    Prediction,
    UInt8Array,
)

REACH_CELLS = 2.0


def group_with_true_boxes(
    prediction: Prediction, boxes_xyxy: Float32Array, options: GroupOptions
) -> Instances:
    """Cells assigned to the true boxes (P, 4), frame pixels, in place of proposed ones."""
    geometry = prediction.geometry
    boxes = boxes_to_input(boxes_xyxy[:MAX_PEOPLE], geometry).T
    cells = assign_cells(prediction, np.ascontiguousarray(boxes), options)
    return bring_to_frame(cells, prediction, options)


def group_with_true_masks(
    prediction: Prediction,
    masks: list[BoolArray],
    boxes_xyxy: Float32Array,
    options: GroupOptions,
) -> Instances:
    """Person cells given to the true person they lie on.

    masks: P of (H, W). Person cells beside all true masks go to the nearest one within
    REACH_CELLS, so that a mask slightly too wide stays so; farther ones to nobody.
    """
    geometry = prediction.geometry
    margins = clean_logits(prediction.person_logits)
    margins = margins - np.float32(logit(options.mask_probability))
    labels = _nearest_label(_labels_on_grid(masks[:MAX_PEOPLE], geometry))
    labels[margins < 0] = 0
    boxes = boxes_to_input(boxes_xyxy[:MAX_PEOPLE], geometry).T
    cells = collect_people(margins, labels, np.ascontiguousarray(boxes), options)
    return bring_to_frame(cells, prediction, options)


def boxes_to_input(boxes_xyxy: Float32Array, geometry: InputGeometry) -> Float32Array:
    """Frame boxes (P, 4), end-exclusive → index coordinates of the network input."""
    scale_x, scale_y = geometry.frame_per_input_xy
    scale = np.array([scale_x, scale_y, scale_x, scale_y], np.float32)
    return ((boxes_xyxy.reshape(-1, 4) - np.float32(0.5)) / scale).astype(np.float32)


def _labels_on_grid(masks: list[BoolArray], geometry: InputGeometry) -> UInt8Array:
    """Label (h, w) of the true person at each cell's place; smaller ones lie on top."""
    grid_h, grid_w = geometry.grid_hw
    rows = np.round(np.linspace(0, geometry.frame_hw[0] - 1, grid_h)).astype(np.intp)
    columns = np.round(np.linspace(0, geometry.frame_hw[1] - 1, grid_w)).astype(np.intp)
    labels = np.zeros((grid_h, grid_w), np.uint8)
    for i in sorted(range(len(masks)), key=lambda k: -int(masks[k].sum())):
        labels[masks[i][np.ix_(rows, columns)]] = i + 1
    return labels


def _nearest_label(labels: UInt8Array) -> UInt8Array:
    """Extend labels over unlabelled cells within REACH_CELLS of a labelled one."""
    if not labels.any():
        return labels
    distance, zones = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label_of_zone = np.zeros(int(zones.max()) + 1, np.uint8)
    label_of_zone[zones[labels > 0]] = labels[labels > 0]
    extended = label_of_zone[zones]
    extended[distance > REACH_CELLS] = 0
    return extended
