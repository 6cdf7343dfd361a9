"""Photos with people from a COCO-style annotation file, decoded once.

Works on the official COCO download (`DIR/annotations/instances_train2017.json` beside
`DIR/train2017/`) and on the same layout with `instances_train.json` beside `train/`,
which may add a category `ignore`: regions that are not to be judged at all.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from engine.errors import ConfigError, SourceUnreadable
from engine.types import BoolArray, Float32Array, UInt8Array

CROWD = 254
"""Label of crowd regions: person pixels that belong to no one in particular."""

IGNORE = 255
"""Label of pixels that are neither person nor background for the losses."""

RELABELLED = "relabelled"
BY_NETWORK = ("box+model", RELABELLED)
"""The `source` of annotations whose mask was drawn by a network inside the true box."""

MAX_PERSON_LABEL = 250
TUNE_SHARE = 20


def is_tune_image(image_id: int) -> bool:
    """True for the one in twenty training photos held out for choosing thresholds.

    Depends on the id alone, so trainer and evaluation agree without a list.
    """
    return zlib.crc32(str(image_id).encode()) % TUNE_SHARE == 0


@dataclass(frozen=True, slots=True)
class Photo:
    """One annotated photo, not decoded.

    annotations: raw COCO annotations of person and ignore. people: how many of them are
    single people (not crowd, not ignore).
    """

    image_id: int
    path: Path
    size_hw: tuple[int, int]
    annotations: tuple[dict[str, Any], ...]
    ignore_category: int | None
    people: int

    @property
    def shows_people(self) -> bool:
        """True where a person or a crowd is annotated."""
        return any(a["category_id"] != self.ignore_category for a in self.annotations)

    @property
    def exact(self) -> bool:
        """True where no mask was drawn by a network."""
        return all(a.get("source") not in BY_NETWORK for a in self.annotations)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What is known of a photo without its pixels; boxes and exact as in `LabelledPhoto`."""

    size_hw: tuple[int, int]
    boxes_xyxy: Float32Array
    exact: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhoto:
    """A decoded photo with its people.

    image_rgb: (H, W, 3) uint8. labels: (H, W) uint8, 0 background, i + 1 person i, CROWD,
    IGNORE. boxes_xyxy: (P, 4) float32 in index coordinates (a person on columns 3..7
    spans 2.5..7.5). exact: (P,) bool, mask drawn by hand, not by a network.
    """

    image_rgb: UInt8Array
    labels: UInt8Array
    boxes_xyxy: Float32Array
    exact: BoolArray

    @property
    def outline(self) -> Outline:
        """The same without the pixels."""
        size_hw = (self.labels.shape[0], self.labels.shape[1])
        return Outline(size_hw, self.boxes_xyxy, self.exact)


def find_coco(root: Path, split: str = "train") -> tuple[Path, Path]:
    """Annotation file and picture folder of a COCO layout. Raises `ConfigError`."""
    for name in (split, f"{split}2017"):
        annotations, pictures = root / "annotations" / f"instances_{name}.json", root / name
        if annotations.is_file() and pictures.is_dir():
            return annotations, pictures
    raise ConfigError(
        f"{root} has no annotations/instances_{split}2017.json with {split}2017/ beside it.",
        "Give the folder that holds annotations/ and the pictures.",
    )


def read_photos(root: Path, split: str = "train", annotations: Path | None = None) -> list[Photo]:
    """All photos of a split, in the order of their ids; see `find_coco` for the layout.

    annotations: another file about the same pictures. Raises `ConfigError`.
    """
    annotation_file, pictures = find_coco(root, split)
    content = _read_json(annotations or annotation_file)
    categories = {c["name"]: c["id"] for c in content["categories"]}
    person, ignore = categories["person"], categories.get("ignore")
    by_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for annotation in content["annotations"]:
        if annotation["category_id"] in (person, ignore):
            by_image[annotation["image_id"]].append(annotation)
    photos = []
    for image in sorted(content["images"], key=lambda item: int(item["id"])):
        found = tuple(by_image[image["id"]])
        people = sum(a["category_id"] == person and not a.get("iscrowd") for a in found)
        size_hw = (image["height"], image["width"])
        path = pictures / image["file_name"]
        photos.append(Photo(image["id"], path, size_hw, found, ignore, people))
    return photos


def _read_json(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "Is it the right file?") from error


def load_photo(photo: Photo, long_side: int) -> LabelledPhoto:
    """Decode a photo and paint its labels, shrunk to at most `long_side` pixels.

    Where masks overlap, the smaller person lies on top. Raises `SourceUnreadable`.
    """
    image_rgb = read_picture(photo.path)
    size_hw = (image_rgb.shape[0], image_rgb.shape[1])
    labels = _paint_labels(photo, size_hw)
    outline = _outline(photo, size_hw, long_side)
    if outline.size_hw != size_hw:
        size_wh = outline.size_hw[::-1]
        shrunk = cv2.resize(image_rgb, size_wh, interpolation=cv2.INTER_AREA)
        image_rgb = np.asarray(shrunk, np.uint8)
        shrunk = cv2.resize(labels, size_wh, interpolation=cv2.INTER_NEAREST_EXACT)
        labels = np.asarray(shrunk, np.uint8)
    return LabelledPhoto(image_rgb, labels, outline.boxes_xyxy, outline.exact)


def outline_photo(photo: Photo, long_side: int) -> Outline:
    """What `load_photo` will give, by the annotation file alone."""
    return _outline(photo, photo.size_hw, long_side)


def _outline(photo: Photo, size_hw: tuple[int, int], long_side: int) -> Outline:
    target_hw = shrunk_size(size_hw, long_side)
    scale_y = (target_hw[0] - 1) / max(1, size_hw[0] - 1)
    scale_x = (target_hw[1] - 1) / max(1, size_hw[1] - 1)
    people = _single_people(photo)
    corners = [
        (x - 0.5, y - 0.5, x + w - 0.5, y + h - 0.5)
        for x, y, w, h in (annotation["bbox"] for annotation in people)
    ]
    boxes_xyxy = np.array(corners, np.float32).reshape(-1, 4)
    boxes_xyxy = boxes_xyxy * np.array([scale_x, scale_y] * 2, np.float32)
    exact = np.array([a.get("source") not in BY_NETWORK for a in people], np.bool_)
    return Outline(target_hw, boxes_xyxy, exact)


def read_picture(path: Path, alpha: bool = False) -> UInt8Array:
    """(H, W, 3) uint8 RGB, with `alpha` (H, W, 4) RGBA. Raises `SourceUnreadable`."""
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED if alpha else cv2.IMREAD_COLOR_BGR)
    if read is None or read.ndim != 3 or read.shape[2] != (4 if alpha else 3):
        kind = "a picture with opacity" if alpha else "a picture"
        raise SourceUnreadable(f"{path} is not {kind}.", "Is the download complete?")
    code = cv2.COLOR_BGRA2RGBA if alpha else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(read, code), np.uint8)


def shrunk_size(size_hw: tuple[int, int], long_side: int) -> tuple[int, int]:
    """The size with the longer side brought down to `long_side`, never up."""
    scale = min(1.0, long_side / max(size_hw))
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def _single_people(photo: Photo) -> list[dict[str, Any]]:
    """The annotations that own a box, in the order of their labels: large ones first."""
    people = [
        annotation
        for annotation in photo.annotations
        if annotation["category_id"] != photo.ignore_category and not annotation.get("iscrowd")
    ]
    return sorted(people, key=lambda a: -a["area"])[:MAX_PERSON_LABEL]


def _paint_labels(photo: Photo, image_hw: tuple[int, int]) -> UInt8Array:
    labels = np.zeros(image_hw, np.uint8)
    for annotation in photo.annotations:
        if annotation["category_id"] == photo.ignore_category:
            labels[decode_mask(annotation, image_hw)] = IGNORE
    for annotation in photo.annotations:
        if annotation["category_id"] != photo.ignore_category and annotation.get("iscrowd"):
            labels[decode_mask(annotation, image_hw)] = CROWD
    for i, annotation in enumerate(_single_people(photo)):
        labels[decode_mask(annotation, image_hw)] = i + 1
    return labels


def decode_mask(annotation: dict[str, Any], image_hw: tuple[int, int]) -> BoolArray:
    """The mask (H, W) of a COCO annotation: polygons or run lengths of either kind."""
    segmentation = annotation["segmentation"]
    if isinstance(segmentation, list):
        rle = coco_mask.merge(coco_mask.frPyObjects(segmentation, *image_hw))
    elif isinstance(segmentation["counts"], list):
        rle = coco_mask.frPyObjects(segmentation, *image_hw)
    else:
        rle = segmentation
    return np.asarray(coco_mask.decode(rle), np.bool_)
