"""COCO numbers of a shipped model, through the application's own runtime and grouping.

    python -m engine.training.evaluate --coco DIR                  official COCO val2017
    python -m engine.training.evaluate --people DIR --split val    the same layout, smaller

Besides the twelve numbers of the paper's tables it measures where accuracy is lost: the
person map alone (semantic IoU), boxes (box AP), and grouping (oracle boxes and oracle
assignment in place of ours). Split "tune" is the part of the training photos that the
trainer never shows to the network: thresholds are chosen there, never on val.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.errors import ConfigError, SourceUnreadable
from engine.group import bring_to_frame, group, group_cells
from engine.models import ModelFile, find_model
from engine.predictor import ProviderReport
from engine.runtime import OnnxPredictor
from engine.training.coco_numbers import CocoNumbers, coco_numbers, coco_truth, detections_of
from engine.training.dataset import Photo, is_tune_image, read_photos
from engine.training.oracles import group_with_true_boxes, group_with_true_masks
from engine.types import BoolArray, Float32Array, Frame, Instances, Prediction

PAPER_LONG_SIDE = 961


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What to measure.

    model: name or path, "" the default one. data: folder with annotations/ and pictures.
    split: "val", "train" or "tune" (see the module). long_sides: of the network input in
    pixels; empty for 961, as in the paper, and the model's own. max_photos: only the
    first so many, None for all. exact_only: leave out photos with masks drawn by a
    network. out: folder for report.json, curves and pages; None writes nothing.
    """

    data: Path
    model: str = ""
    split: str = "val"
    long_sides: tuple[int, ...] = ()
    provider: Provider = Provider.AUTO
    threads: int = 0
    group: GroupOptions = GroupOptions()
    max_photos: int | None = None
    exact_only: bool = False
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.split not in ("val", "train", "tune"):
            raise ConfigError(f"There is no split {self.split!r}.", "Take val, train or tune.")


@dataclass(frozen=True, slots=True, eq=False)
class TruePeople:
    """The people of one photo. masks: P of (H, W). boxes_xyxy: (P, 4), end-exclusive.

    union: (H, W), any person, crowds included. judged: (H, W), False in ignore regions.
    """

    masks: list[BoolArray]
    boxes_xyxy: Float32Array
    union: BoolArray
    judged: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One photo and how well its people were found. quality: panoptic quality, 0 to 1."""

    photo: Photo
    quality: float
    found: int
    true: int


@dataclass(frozen=True, slots=True, eq=False)
class SizeReport:
    """All numbers at one input size.

    masks, boxes: COCO numbers of masks and of boxes. true_boxes, true_masks: mask numbers
    with oracle boxes and with oracle assignment. semantic_iou: of the person map, over
    all judged pixels. network_ms, group_ms: medians per photo, grouping at full frame
    resolution. cases: one per photo with people, worst first.
    """

    long_side: int
    masks: CocoNumbers
    boxes: CocoNumbers
    true_boxes: CocoNumbers
    true_masks: CocoNumbers
    semantic_iou: float
    network_ms: float
    group_ms: float
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EvalReport:
    """What was measured, on what, and how."""

    model: ModelFile
    provider: ProviderReport
    options: EvalOptions
    photos: int
    people: int
    sizes: tuple[SizeReport, ...]


Progress = Callable[[int, int], None]
"""Called with photos done and photos in all."""


def evaluate(options: EvalOptions, on_progress: Progress = lambda done, total: None) -> EvalReport:
    """Measure a model on a COCO layout. Raises `EngineError`."""
    photos = select_photos(options)
    model = find_model(options.model)
    long_sides = options.long_sides or (PAPER_LONG_SIDE, model.info.input_long_side)
    sizes = []
    for i, long_side in enumerate(dict.fromkeys(long_sides)):
        runtime = RuntimeOptions(
            provider=options.provider, input_long_side=long_side, threads=options.threads
        )
        predictor = OnnxPredictor(model, runtime)
        run = _SizeRun(options, photos, predictor, long_side)
        for k, photo in enumerate(photos):
            run.add(photo)
            on_progress(i * len(photos) + k + 1, len(long_sides) * len(photos))
        sizes.append(run.report())
    return EvalReport(
        model=model,
        provider=predictor.provider,
        options=replace(options, long_sides=tuple(long_sides)),
        photos=len(photos),
        people=sum(photo.people for photo in photos),
        sizes=tuple(sizes),
    )


def select_photos(options: EvalOptions) -> list[Photo]:
    """The photos of the split. Raises `ConfigError` where there are none."""
    photos = read_photos(options.data, "train" if options.split == "tune" else options.split)
    if options.split == "tune":
        photos = [photo for photo in photos if is_tune_image(photo.image_id)]
    if options.exact_only:
        photos = [photo for photo in photos if _is_exact(photo)]
    photos = photos[: options.max_photos]
    if not photos:
        raise ConfigError(f"{options.data} has no photos for {options.split}.")
    return photos


def _is_exact(photo: Photo) -> bool:
    return all(a.get("source") != "box+model" for a in photo.annotations)


def read_frame(photo: Photo) -> Frame:
    """The picture as its annotations see it, EXIF rotation not applied."""
    image = cv2.imread(str(photo.path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise SourceUnreadable(f"{photo.path} cannot be decoded.", "Is the download complete?")
    return Frame(np.asarray(image, np.uint8), photo.image_id, 0.0, time.perf_counter())


def true_people(photo: Photo) -> TruePeople:
    """Decode the annotations of one photo."""
    masks, boxes = [], []
    union, judged = np.zeros(photo.size_hw, np.bool_), np.ones(photo.size_hw, np.bool_)
    for annotation in photo.annotations:
        mask = decode_mask(annotation, photo.size_hw)
        if annotation["category_id"] == photo.ignore_category:
            judged &= ~mask
            continue
        union |= mask
        if not annotation.get("iscrowd"):
            x, y, width, height = annotation["bbox"]
            masks.append(mask)
            boxes.append((x, y, x + width, y + height))
    return TruePeople(masks, np.array(boxes, np.float32).reshape(-1, 4), union, judged)
