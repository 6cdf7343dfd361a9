"""Who is visible in the crops of a batch, and people pasted in front of them.

The rules are those of `engine.training.compose`, for whole batches and without waiting for
the device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.training.compose import MIN_VISIBLE_PX, VISIBLE_SHARE
from engine.training.dataset import IGNORE, MAX_PERSON_LABEL


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """N crops with their people.

    images: (N, H, W, 3) uint8. labels: (N, H, W) uint8. people: (N,) int64, labels
    1..people are people. boxes_xyxy: (N, 256, 4) float32, NaN without box. pixels_of: (N,
    256) float32, pixels of each label.
    """

    images: Tensor
    labels: Tensor
    people: Tensor
    boxes_xyxy: Tensor
    pixels_of: Tensor

    def at(self, rows: Tensor) -> Scenes:
        """Some of them, as a copy."""
        return Scenes(
            self.images[rows],
            self.labels[rows],
            self.people[rows],
            self.boxes_xyxy[rows],
            self.pixels_of[rows],
        )

    def put(self, rows: Tensor, others: Scenes) -> None:
        """Overwrite some of them."""
        self.images.index_copy_(0, rows, others.images)
        self.labels.index_copy_(0, rows, others.labels)
        self.people.index_copy_(0, rows, others.people)
        self.boxes_xyxy.index_copy_(0, rows, others.boxes_xyxy)
        self.pixels_of.index_copy_(0, rows, others.pixels_of)


def judge_visible(scenes: Scenes, expected: Tensor) -> Scenes:
    """Boxes of what is left of each person.

    The scenes' own boxes are kept of those who have VISIBLE_SHARE of their `expected`
    (N, 256) pixels; NaN boxes are never kept.
    """
    found, extents = count_labels(scenes.labels)
    number = torch.arange(256, device=found.device)
    person = (number > 0) & (number <= scenes.people[:, None])
    seen = person & (found >= MIN_VISIBLE_PX)
    known = torch.isfinite(scenes.boxes_xyxy[..., 0])
    whole = known & (found >= VISIBLE_SHARE * expected)
    boxes = torch.where(whole[..., None], scenes.boxes_xyxy, extents)
    boxes = torch.where(seen[..., None], boxes, torch.nan)
    slivers = person & ~seen
    hidden = _by_label(slivers, scenes.labels)
    return replace(
        scenes,
        labels=torch.where(hidden, IGNORE, scenes.labels),
        boxes_xyxy=boxes,
        pixels_of=torch.where(slivers, 0.0, found),
    )


def count_labels(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels (N, 256) float32 of each label and boxes (N, 256, 4) around them.

    Edges lie at ±0.5; boxes of absent labels are without meaning. Counted by row and by
    column, so that few threads of a GPU meet at one counter.
    """
    index = labels.long()
    one = torch.ones((), dtype=torch.int32, device=labels.device).expand(index.shape)
    n, height, width = labels.shape
    by_row = torch.zeros(n, height, 256, dtype=torch.int32, device=labels.device)
    by_row.scatter_add_(2, index, one)
    by_column = torch.zeros(n, width, 256, dtype=torch.int32, device=labels.device)
    by_column.scatter_add_(2, index.transpose(1, 2), one.transpose(1, 2))
    top, bottom = _span(by_row > 0)
    left, right = _span(by_column > 0)
    extents = torch.stack([left - 0.5, top - 0.5, right + 0.5, bottom + 0.5], 2)
    return by_row.sum(1).float(), extents


def paste_best(
    below: Scenes, above: Scenes, opacity: Tensor, order: Tensor, most: Tensor
) -> Scenes:
    """The best visible people of `above` in front of `below`, crop by crop.

    opacity: (n, H, W) float32 in 0..1. order, most: as in `Layers`. Who ends up hidden in
    part gets the box of the visible rest, who ends up hidden gets none.
    """
    visible = torch.isfinite(above.boxes_xyxy[..., 0]).gather(1, order) & (order > 0)
    place = visible.cumsum(1)
    new = below.people[:, None] + place
    chosen = visible & (place <= most[:, None]) & (new <= MAX_PERSON_LABEL)
    new = torch.where(chosen, new, 0)
    on_top = torch.zeros_like(above.pixels_of, dtype=torch.uint8)
    on_top.scatter_(1, torch.where(chosen, order, 0), new.to(torch.uint8))
    added = _by_label(on_top, above.labels)
    weight = (opacity * _softened((added > 0).float()))[..., None]
    images = below.images + weight * (above.images.float() - below.images)
    theirs = above.boxes_xyxy.gather(1, order[..., None].expand(-1, -1, 4))
    boxes = below.boxes_xyxy.scatter(1, new[..., None].expand(-1, -1, 4), theirs)
    expected = below.pixels_of.scatter(1, new, 0.0)  # in front: never hidden
    pasted = Scenes(
        images=images.to(torch.uint8),
        labels=torch.where(added > 0, added, below.labels),
        people=below.people + chosen.sum(1),
        boxes_xyxy=boxes,
        pixels_of=below.pixels_of,
    )
    return judge_visible(pasted, expected)


def _by_label(table: Tensor, labels: Tensor) -> Tensor:
    """Each pixel's entry of a (N, 256) table."""
    n = len(labels)
    return table.gather(1, labels.view(n, -1).long()).view(labels.shape)


def _span(there: Tensor) -> tuple[Tensor, Tensor]:
    """First and last true place along axis 1 of (N, L, 256), each (N, 256)."""
    length = there.shape[1]
    place = torch.arange(length, device=there.device).view(1, -1, 1)
    first = torch.where(there, place, length).amin(1)
    return first, torch.where(there, place, -1).amax(1)


def _softened(mask: Tensor) -> Tensor:
    """(n, H, W) float32 blurred over 3×3 pixels as by `cv2.GaussianBlur`."""
    for axis in (1, 2):
        length = mask.shape[axis]
        before = torch.arange(length, device=mask.device).sub(1).abs()
        after = (length - 1) - before.flip(0)
        both = mask.index_select(axis, before) + mask.index_select(axis, after)
        mask = mask / 2 + both / 4
    return mask
