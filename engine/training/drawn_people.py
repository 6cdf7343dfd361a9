"""How well masks found in true boxes match those drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.training.box_masks import BoxMasks
from engine.training.dataset import Photo, decode_mask, is_tune_image
from engine.types import BoolArray

SIZES_PX2 = {"small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 10**9)}
"""COCO's sizes of people, by the area of the mask."""


@dataclass(frozen=True, slots=True)
class DrawnPerson:
    """One person drawn by hand, and the mask found in the true box.

    iou: of the two. judged_iou: the same without the pixels that are not judged. fit: IoU
    of the box around the mask with the true box. held_out: of the tune split, on which no
    network of ours was trained. area_px: of the drawn mask.
    """

    iou: float
    judged_iou: float
    fit: float
    held_out: bool
    area_px: int


def compare(
    photo: Photo, people: Sequence[dict[str, Any]], drawn: Sequence[bool], found: BoxMasks
) -> list[DrawnPerson]:
    """The drawn ones of the `people` of one photo beside the masks found."""
    compared = []
    for i, annotation in enumerate(people):
        if not drawn[i]:
            continue
        truth, mask = decode_mask(annotation, photo.size_hw), found.masks[i]
        compared.append(
            DrawnPerson(
                iou=_iou(mask, truth),
                judged_iou=_iou(mask & ~found.unsure, truth & ~found.unsure),
                fit=float(found.fits[i]),
                held_out=is_tune_image(photo.image_id),
                area_px=int(truth.sum()),
            )
        )
    return compared


def quality_table(people: Sequence[DrawnPerson], min_fit: float) -> str:
    """Mean and median IoU by size, of all and of those whose mask would be taken; Markdown."""
    lines = [
        "| people drawn by hand | number | mean IoU | median | taken | mean IoU of these "
        "| median | judged pixels only |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, group in _groups(people).items():
        taken = [p for p in group if p.fit >= min_fit]
        if not taken:
            continue
        ious, taken_ious = [p.iou for p in group], [p.iou for p in taken]
        judged = np.mean([p.judged_iou for p in taken])
        lines.append(
            f"| {title} | {len(group)} | {np.mean(ious):.3f} | {np.median(ious):.3f} "
            f"| {len(taken) / len(group):.0%} | {np.mean(taken_ious):.3f} "
            f"| {np.median(taken_ious):.3f} | {judged:.3f} |"
        )
    return "\n".join(lines)


def _groups(people: Sequence[DrawnPerson]) -> dict[str, list[DrawnPerson]]:
    groups = {}
    for title, part in (
        ("tune, not trained on", [p for p in people if p.held_out]),
        ("trained on", [p for p in people if not p.held_out]),
    ):
        groups[title] = part
        for size, (low, high) in SIZES_PX2.items():
            groups[f"{title}, {size}"] = [p for p in part if low <= p.area_px < high]
    return groups


def _iou(ours: BoolArray, theirs: BoolArray) -> float:
    union = int((ours | theirs).sum())
    return int((ours & theirs).sum()) / union if union else 0.0
