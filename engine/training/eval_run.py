"""One pass over the photos at one input size, and the numbers that come of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from engine.config import GroupOptions
from engine.group import group, group_cells
from engine.kernels.upsample_cpu import upsample_labels
from engine.predictor import Predictor
from engine.training.boundary import boundary_iou
from engine.training.coco_numbers import CocoNumbers, coco_numbers, coco_truth, detections_of
from engine.training.dataset import Photo
from engine.training.eval_truth import TruePeople, read_frame, true_people
from engine.training.oracles import group_with_true_boxes, group_with_true_masks
from engine.types import BoolArray, Float64Array, Instances, Prediction

MATCH_IOU = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One photo and how well its people were found.

    quality: panoptic quality at IoU 0.5, 0 to 1: sum of the matched IoUs over the mean of
    found and true people; 1 where there was nobody and nobody was found.
    """

    photo: Photo
    quality: float
    found: int
    true: int


@dataclass(frozen=True, slots=True, eq=False)
class SizeReport:
    """All numbers at one input size.

    masks, boxes: COCO numbers of masks and of boxes. true_boxes, true_masks: mask numbers
    with oracle boxes and with oracle assignment. boundary_iou: mean over the true people,
    0 for those whom nobody found overlaps by more than half. semantic_iou: of the person map, over
    all judged pixels of all photos. network_ms, group_ms: medians per photo, grouping at
    the photo's full resolution. cases: one per photo, in the order of the photos.
    """

    long_side: int
    masks: CocoNumbers
    boxes: CocoNumbers
    true_boxes: CocoNumbers
    true_masks: CocoNumbers
    boundary_iou: float
    semantic_iou: float
    network_ms: float
    group_ms: float
    cases: tuple[Case, ...]


class SizeRun:
    """Collects what one predictor finds on photo after photo."""

    def __init__(
        self, photos: Sequence[Photo], predictor: Predictor, options: GroupOptions
    ) -> None:
        self._truth = coco_truth(photos)
        self._predictor = predictor
        self._options = options
        self._found: list[dict[str, Any]] = []
        self._with_true_boxes: list[dict[str, Any]] = []
        self._with_true_masks: list[dict[str, Any]] = []
        self._cases: list[Case] = []
        self._boundary_ious: list[float] = []
        self._times_ms: list[tuple[float, float]] = []
        self._intersection = 0
        self._union = 0

    def add(self, photo: Photo) -> None:
        """Run the network on one photo and keep what every way of grouping makes of it."""
        prediction = self._predictor.predict(read_frame(photo))
        started_s = time.perf_counter()
        people = group(prediction, self._options)
        self._times_ms.append(
            (prediction.stage_ms["network"], (time.perf_counter() - started_s) * 1e3)
        )
        true = true_people(self._truth, photo)
        found = detections_of(photo.image_id, people)
        self._found += found
        overlaps = _overlaps(found, true)
        self._cases.append(_case(photo, overlaps))
        self._boundary_ious += _boundary_ious(people, true, overlaps)
        self._add_oracles(photo, prediction, true)
        self._add_semantic(prediction, true)

    def report(self, long_side: int) -> SizeReport:
        """The numbers over all photos added."""
        network_ms, group_ms = np.median(self._times_ms, axis=0)
        return SizeReport(
            long_side=long_side,
            masks=coco_numbers(self._truth, self._found),
            boxes=coco_numbers(self._truth, self._found, "bbox"),
            true_boxes=coco_numbers(self._truth, self._with_true_boxes),
            true_masks=coco_numbers(self._truth, self._with_true_masks),
            boundary_iou=float(np.mean(self._boundary_ious or [0.0])),
            semantic_iou=self._intersection / max(self._union, 1),
            network_ms=float(network_ms),
            group_ms=float(group_ms),
            cases=tuple(self._cases),
        )

    def _add_oracles(self, photo: Photo, prediction: Prediction, true: TruePeople) -> None:
        with_boxes = group_with_true_boxes(prediction, true.boxes_xyxy, self._options)
        self._with_true_boxes += detections_of(photo.image_id, with_boxes)
        with_masks = group_with_true_masks(prediction, true.masks, true.boxes_xyxy, self._options)
        self._with_true_masks += detections_of(photo.image_id, with_masks)

    def _add_semantic(self, prediction: Prediction, true: TruePeople) -> None:
        person = person_mask(prediction, self._options)
        self._intersection += int((person & true.union & true.judged).sum())
        self._union += int(((person | true.union) & true.judged).sum())


def person_mask(prediction: Prediction, options: GroupOptions) -> BoolArray:
    """(H, W) bool at frame resolution: the person map above its threshold, all people."""
    margins = group_cells(prediction, options).margins
    labels, _ = upsample_labels(
        margins, (margins >= 0).astype(np.uint8), prediction.geometry.frame_hw
    )
    return labels > 0


def _overlaps(found: Sequence[dict[str, Any]], true: TruePeople) -> Float64Array:
    """IoU (found, true) of masks; of each person who was found at most one is above a half,
    because our masks do not overlap and true ones hardly do."""
    truth = [coco_mask.encode(np.asfortranarray(mask, np.uint8)) for mask in true.masks]
    if not found or not truth:
        return np.zeros((len(found), len(truth)))
    segments = [detection["segmentation"] for detection in found]
    return np.asarray(coco_mask.iou(segments, truth, [0] * len(truth)), np.float64)


def _case(photo: Photo, overlaps: Float64Array) -> Case:
    found, true = overlaps.shape
    best = overlaps.max(axis=0, initial=0.0)
    size = (found + true) / 2
    matched = float(best[best > MATCH_IOU].sum())
    return Case(photo, matched / size if size else 1.0, found, true)


def _boundary_ious(people: Instances, true: TruePeople, overlaps: Float64Array) -> list[float]:
    """One per true person, 0 for who was not found."""
    if not len(people):
        return [0.0] * len(true.masks)
    owners = overlaps.argmax(axis=0)
    return [
        boundary_iou(people.mask(int(owner)), mask) if own[owner] > MATCH_IOU else 0.0
        for mask, own, owner in zip(true.masks, overlaps.T, owners, strict=True)
    ]
