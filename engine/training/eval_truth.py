"""The photos that are measured on, their pictures and their true people."""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
from pycocotools.coco import COCO

from engine.errors import ConfigError, SourceUnreadable
from engine.training.dataset import Photo, is_tune_image, read_photos
from engine.training.eval_options import EvalOptions
from engine.types import BoolArray, Float32Array, Frame


@dataclass(frozen=True, slots=True, eq=False)
class TruePeople:
    """The people of one photo.

    masks: P of (H, W). boxes_xyxy: (P, 4) float32, end-exclusive. union: (H, W), any
    person, crowds included. judged: (H, W), False in ignore regions.
    """

    masks: list[BoolArray]
    boxes_xyxy: Float32Array
    union: BoolArray
    judged: BoolArray


def select_photos(options: EvalOptions) -> list[Photo]:
    """The photos of the split. Raises `ConfigError` where there are none."""
    photos = read_photos(options.data, "train" if options.split == "tune" else options.split)
    if options.split == "tune":
        photos = [photo for photo in photos if is_tune_image(photo.image_id)]
    if options.exact_only:
        photos = [photo for photo in photos if photo.exact]
    photos = photos[: options.max_photos]
    if not photos:
        raise ConfigError(f"{options.data} has no photos for {options.split!r}.")
    return photos


def read_frame(photo: Photo) -> Frame:
    """The picture as its annotations see it: EXIF rotation is not applied.

    Raises `SourceUnreadable`.
    """
    image = cv2.imread(str(photo.path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None or image.shape[:2] != photo.size_hw:
        raise SourceUnreadable(
            f"{photo.path} cannot be decoded or has another size than its annotations.",
            "Is the download complete?",
        )
    return Frame(np.asarray(image, np.uint8), photo.image_id, 0.0, time.perf_counter())


def true_people(truth: COCO, photo: Photo) -> TruePeople:
    """The decoded annotations of one photo of `coco_truth`."""
    masks, boxes = [], []
    union, judged = np.zeros(photo.size_hw, np.bool_), np.ones(photo.size_hw, np.bool_)
    for annotation in truth.imgToAnns[photo.image_id]:
        mask = truth.annToMask(annotation).astype(np.bool_)
        if annotation["unjudged"]:
            judged &= ~mask
            continue
        union |= mask
        if not annotation["iscrowd"]:
            x, y, width, height = annotation["bbox"]
            masks.append(mask)
            boxes.append((x, y, x + width, y + height))
    return TruePeople(masks, np.array(boxes, np.float32).reshape(-1, 4), union, judged)
