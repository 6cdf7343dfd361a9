"""What the network should say about a crop: on its stride-4 grid, and between its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.network import ANCHOR_WH
from engine.training.compose import Crop
from engine.training.constants import constant
from engine.training.dataset import CROWD, IGNORE, MAX_PERSON_LABEL
from engine.types import HEAD_STRIDE


@dataclass(frozen=True, slots=True, eq=False)
class TargetBatch:
    """N crops of one size as the loader delivers them.

    images: (N, H, W, 3) uint8 RGB. labels: (N, H, W) uint8. boxes_xyxy: (N, 256, 4)
    float32, row = label, NaN where that label has no box target. most_people: no label above
    it has one; known here, where the host would have to wait for a device to tell.
    """

    images: Tensor
    labels: Tensor
    boxes_xyxy: Tensor
    most_people: int = MAX_PERSON_LABEL

    def to(self, device: torch.device) -> TargetBatch:
        """The same on another device."""
        return TargetBatch(
            self.images.to(device, non_blocking=True),
            self.labels.to(device, non_blocking=True),
            self.boxes_xyxy.to(device, non_blocking=True),
            self.most_people,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Dense targets, all but two on the (N, h, w) grid.

    person: bool, person or crowd. judged: bool, counts in the person loss. owned: bool,
    has a box target. boxes_xyxy: (N, h, w, 4) float32, the owner's box, 0 where not owned.
    person_cells: float32, cells the cell's owner has in this crop, 1 where not owned.
    owner: int64, number of the owning person in the batch, -1 where none.
    pixel_labels: (N, H, W) uint8, the label of every pixel of the crop. label_cells:
    (N, 256) float32, cells that each label with a box target has, infinite for others.
    people_xyxy: (N, 256, 4) float32, row = label, NaN where that label has no box target.
    most_people: no label above it has one.
    """

    person: Tensor
    judged: Tensor
    owned: Tensor
    boxes_xyxy: Tensor
    person_cells: Tensor
    owner: Tensor
    pixel_labels: Tensor
    label_cells: Tensor
    people_xyxy: Tensor
    most_people: int


def collate(crops: Sequence[Crop]) -> TargetBatch:
    """Stack crops of one size."""
    boxes = np.full((len(crops), 256, 4), np.nan, np.float32)
    for row, crop in zip(boxes, crops, strict=True):
        row[1 : 1 + len(crop.boxes_xyxy)] = crop.boxes_xyxy
    images = np.stack([crop.image_rgb for crop in crops])
    labels = np.stack([crop.labels for crop in crops])
    known = np.flatnonzero(np.isfinite(boxes[..., 0]).any(axis=0))
    most_people = int(known.max(initial=0))
    return TargetBatch(
        torch.from_numpy(images), torch.from_numpy(labels), torch.from_numpy(boxes), most_people
    )


def build_targets(batch: TargetBatch) -> Targets:
    """Dense targets from labels and boxes; a cell is the pixel in its middle."""
    labels = batch.labels[:, ::HEAD_STRIDE, ::HEAD_STRIDE].long()
    count, height, width = labels.shape
    flat = labels.flatten(1)
    boxes = batch.boxes_xyxy.gather(1, flat[..., None].expand(-1, -1, 4))
    boxes = boxes.view(count, height, width, 4)
    owned = torch.isfinite(boxes).all(-1)
    cells = torch.zeros(count, 256, device=labels.device)
    cells.scatter_add_(1, flat, torch.ones_like(flat, dtype=torch.float32))
    person_cells = cells.gather(1, flat).view(count, height, width)
    image = torch.arange(count, device=labels.device).view(-1, 1, 1)
    return Targets(
        person=(labels > 0) & (labels <= CROWD),
        judged=labels != IGNORE,
        owned=owned,
        boxes_xyxy=torch.where(owned[..., None], boxes, 0.0),
        person_cells=torch.where(owned, person_cells, 1.0),
        owner=torch.where(owned, image * 256 + labels, -1),
        pixel_labels=batch.labels,
        label_cells=torch.where(torch.isfinite(batch.boxes_xyxy).all(-1), cells, torch.inf),
        people_xyxy=batch.boxes_xyxy,
        most_people=batch.most_people,
    )


def cell_centres(height: int, width: int, device: torch.device) -> Tensor:
    """(h, w, 2) input coordinates x, y of the grid's cells."""
    ys = torch.arange(height, device=device, dtype=torch.float32) * HEAD_STRIDE
    xs = torch.arange(width, device=device, dtype=torch.float32) * HEAD_STRIDE
    return torch.stack([xs.view(1, -1).expand(height, -1), ys.view(-1, 1).expand(-1, width)], -1)


def encode_boxes(boxes_xyxy: Tensor, anchor_wh: tuple[float, float] = ANCHOR_WH) -> Tensor:
    """Boxes (N, h, w, 4) → deltas dx, dy, dw, dh (N, h, w, 4), R-CNN's parametrisation."""
    centres = cell_centres(boxes_xyxy.shape[1], boxes_xyxy.shape[2], boxes_xyxy.device)
    anchor = constant(boxes_xyxy.device, anchor_wh)
    sizes = (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).clamp_min(1e-3)
    middles = (boxes_xyxy[..., 2:] + boxes_xyxy[..., :2]) / 2
    return torch.cat([(middles - centres) / anchor, torch.log(sizes / anchor)], -1)


def decode_boxes(deltas: Tensor, anchor_wh: tuple[float, float] = ANCHOR_WH) -> Tensor:
    """Deltas (N, 4, h, w) → boxes (N, h, w, 4); sizes are limited to e⁴ anchors."""
    deltas = deltas.permute(0, 2, 3, 1)
    centres = cell_centres(deltas.shape[1], deltas.shape[2], deltas.device)
    anchor = constant(deltas.device, anchor_wh)
    middles = centres + deltas[..., :2] * anchor
    sizes = torch.exp(deltas[..., 2:].clamp(-6.0, 4.0)) * anchor
    return torch.cat([middles - sizes / 2, middles + sizes / 2], -1)
