"""New masks by our own network, for people of whom the data knows little but the box.

Of annotations with `source: box+model` the mask is replaced by what the network sees
inside the true box, and `ignore` regions inside these boxes are judged anew. A mask drawn
by hand stays; how the network would have drawn it is compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from engine.config import RuntimeOptions
from engine.errors import ConfigError
from engine.models import find_model
from engine.runtime import OnnxPredictor
from engine.training.box_masks import BoxMaskOptions, BoxMasks, box_window, masks_in_boxes
from engine.training.dataset import (
    BY_NETWORK,
    MAX_PERSON_LABEL,
    RELABELLED,
    Photo,
    decode_mask,
    find_coco,
    read_photos,
)
from engine.training.drawn_people import DrawnPerson, compare
from engine.training.eval_truth import read_frame
from engine.types import BoolArray, Float32Array

OnProgress = Callable[[int, int], None]
"""Called with photos done and photos in all."""

Annotation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RelabelOptions:
    """data: folder in COCO layout. out: the JSON to write. model: name or file.

    long_side: of the network's input, None for the model's own. max_photos: only the
    first so many with people, the others keep their annotations.
    """

    data: Path
    out: Path
    model: str = ""
    long_side: int | None = None
    threads: int = 0
    masks: BoxMaskOptions = field(default_factory=BoxMaskOptions)
    max_photos: int | None = None


@dataclass(eq=False)
class RelabelReport:
    """replaced, kept: masks by another network that were and were not replaced."""

    replaced: int = 0
    kept: int = 0
    drawn: list[DrawnPerson] = field(default_factory=list)


def relabel(options: RelabelOptions, on_progress: OnProgress | None = None) -> RelabelReport:
    """Write `out`, the training annotations with new masks. Raises `EngineError`."""
    file, _ = find_coco(options.data)
    if options.out.resolve() == file.resolve():
        raise ConfigError(f"{file} would be overwritten.", "Name another --out.")
    content = json.loads(file.read_text())
    annotations = {a["id"]: a for a in content["annotations"]}
    photos = [p for p in read_photos(options.data) if p.people][: options.max_photos]
    model = find_model(options.model)
    runtime = RuntimeOptions(
        input_long_side=options.long_side or model.info.input_long_side, threads=options.threads
    )
    predictor = OnnxPredictor(model, runtime)
    report = RelabelReport()
    for i, photo in enumerate(photos):
        people = _people(photo)
        boxes = np.array([_box(a) for a in people], np.float32).reshape(-1, 4)
        found = masks_in_boxes(predictor.predict(read_frame(photo)), boxes, options.masks)
        drawn = [a.get("source") not in BY_NETWORK for a in people]
        report.drawn += compare(photo, people, drawn, found)
        fresh = _believed(photo, people, drawn, found, options.masks)
        report.replaced += len(fresh)
        report.kept += drawn.count(False) - len(fresh)
        annotations |= fresh | _judged_anew(photo, fresh, found.unsure, max(annotations) + 1)
        if on_progress is not None:
            on_progress(i + 1, len(photos))
    content["annotations"] = list(annotations.values())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    partial = options.out.with_name(f".{options.out.name}.part")
    partial.write_text(json.dumps(content))
    partial.replace(options.out)
    return report


def _people(photo: Photo) -> list[Annotation]:
    single = [a for a in photo.annotations if not a.get("iscrowd")]
    single = [a for a in single if a["category_id"] != photo.ignore_category]
    return sorted(single, key=lambda a: -float(a["area"]))[:MAX_PERSON_LABEL]


def _box(annotation: Annotation) -> Float32Array:
    """End-exclusive corners in pixels."""
    x, y, width, height = annotation["bbox"]
    return np.array([x, y, x + width, y + height], np.float32)


def _believed(
    photo: Photo,
    people: Sequence[Annotation],
    drawn: Sequence[bool],
    found: BoxMasks,
    options: BoxMaskOptions,
) -> dict[int, Annotation]:
    """New annotations by id, of people whose new mask fits the true box."""
    by_hand = np.zeros(photo.size_hw, np.bool_)
    for annotation, is_drawn in zip(people, drawn, strict=True):
        if is_drawn:
            by_hand |= decode_mask(annotation, photo.size_hw)
    fresh = {}
    for i, annotation in enumerate(people):
        mask = found.masks[i] & ~by_hand
        if not drawn[i] and found.fits[i] >= options.min_fit and mask.any():
            fresh[annotation["id"]] = annotation | _segmentation(mask) | {"source": RELABELLED}
    return fresh


def _judged_anew(
    photo: Photo, fresh: dict[int, Annotation], unsure: BoolArray, new_id: int
) -> dict[int, Annotation]:
    """The photo's ignore region by id: as it was, but in the boxes of `fresh` as `unsure`."""
    regions = [a for a in photo.annotations if a["category_id"] == photo.ignore_category]
    if not fresh or photo.ignore_category is None:
        return {}
    region = np.zeros(photo.size_hw, np.bool_)
    for annotation in regions:
        region |= decode_mask(annotation, photo.size_hw)
    anew = np.zeros(photo.size_hw, np.bool_)
    for annotation in fresh.values():
        anew[box_window(_box(annotation), photo.size_hw)] = True
    region = np.where(anew, unsure, region)
    changed = [
        {"id": new_id, "image_id": photo.image_id, "category_id": photo.ignore_category}
        | {"iscrowd": 1, "source": "ignore"}
    ]
    rows, columns = np.nonzero(region)
    bbox = [0, 0, 0, 0]
    if len(rows):
        bbox = [int(v) for v in (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)]
    nothing = _segmentation(np.zeros(photo.size_hw, np.bool_)) | {"bbox": [0, 0, 0, 0]}
    first, *others = regions or changed
    merged = {first["id"]: first | _segmentation(region) | {"bbox": bbox}}
    return merged | {a["id"]: a | nothing for a in others}


def _segmentation(mask: BoolArray) -> Annotation:
    """COCO's compressed run lengths of a mask, and its area."""
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    counts = rle["counts"].decode("ascii")
    size = [int(v) for v in mask.shape]
    return {"segmentation": {"size": size, "counts": counts}, "area": int(mask.sum())}
