"""The twelve COCO numbers of the person class, computed by pycocotools.

Photos of `engine.training.dataset` are the truth, so the official download and the
layout with `ignore` regions both work; such regions count as crowds, in which
detections are neither right nor wrong.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from engine.training.dataset import Photo
from engine.types import Instances

NUMBER_NAMES = (
    *("AP", "AP50", "AP75", "APS", "APM", "APL"),
    *("AR1", "AR10", "AR100", "ARS", "ARM", "ARL"),
)
PERSON = 1


@dataclass(frozen=True, slots=True)
class CocoNumbers:
    """values: the twelve, in the order of NUMBER_NAMES; -1 where there was nothing to find.

    precision: (3, 101) float64 at recalls 0, 0.01, …, 1: at IoU 0.5, at 0.75, and the mean
    over 0.5:0.95.
    """

    values: tuple[float, ...]
    precision: npt.NDArray[np.float64]

    def __getitem__(self, name: str) -> float:
        return self.values[NUMBER_NAMES.index(name)]

    def as_dict(self) -> dict[str, float]:
        """Names and values."""
        return dict(zip(NUMBER_NAMES, self.values, strict=True))


def coco_truth(photos: Sequence[Photo]) -> COCO:
    """The people of `photos` as pycocotools wants them, plus the key "unjudged"."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for photo in photos:
        height, width = photo.size_hw
        images.append({"id": photo.image_id, "height": height, "width": width})
        for annotation in photo.annotations:
            unjudged = annotation["category_id"] == photo.ignore_category
            annotations.append(
                {
                    **annotation,
                    "id": len(annotations) + 1,
                    "category_id": PERSON,
                    "iscrowd": int(unjudged or annotation.get("iscrowd", 0)),
                    "unjudged": unjudged,
                }
            )
    truth = COCO()
    truth.dataset = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": PERSON, "name": "person"}],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
    return truth


def detections_of(image_id: int, people: Instances) -> list[dict[str, Any]]:
    """People as COCO results: RLE mask, box, score."""
    found = []
    for mask, box, score in zip(people.masks(), people.boxes_xyxy, people.scores, strict=True):
        x0, y0, x1, y1 = (float(value) for value in box)
        found.append(
            {
                "image_id": image_id,
                "category_id": PERSON,
                "segmentation": coco_mask.encode(np.asfortranarray(mask, np.uint8)),
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "score": float(score),
            }
        )
    return found


def coco_numbers(
    truth: COCO, detections: Sequence[dict[str, Any]], kind: str = "segm"
) -> CocoNumbers:
    """The twelve numbers over all images of `truth`. kind: "segm" (masks) or "bbox"."""
    if not detections:
        # pycocotools refuses an empty list; nothing found is 0 wherever there was something.
        nothing = tuple(0.0 for _ in NUMBER_NAMES)
        return CocoNumbers(nothing, np.zeros((3, 101)))
    # loadRes fills in missing fields of the dictionaries it is given.
    copies = [dict(detection) for detection in detections]
    if kind == "bbox":
        for copy in copies:
            del copy["segmentation"]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(copies), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, 0, 0, -1]  # (IoU, recall)
    curves = np.stack([precision[0], precision[5], precision.mean(axis=0)])
    return CocoNumbers(tuple(float(value) for value in evaluation.stats), curves)
