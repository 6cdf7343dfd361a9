"""How much boxes overlap."""

from __future__ import annotations

import torch
from torch import Tensor


def box_overlaps(boxes_a: Tensor, boxes_b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU in 0..1 and generalised IoU in -1..1 of boxes (…, 4) pairwise (arXiv 1902.09630)."""
    low = torch.maximum(boxes_a[..., :2], boxes_b[..., :2])
    high = torch.minimum(boxes_a[..., 2:], boxes_b[..., 2:])
    intersection = (high - low).clamp_min(0).prod(-1)
    union = _area(boxes_a) + _area(boxes_b) - intersection
    hull_low = torch.minimum(boxes_a[..., :2], boxes_b[..., :2])
    hull_high = torch.maximum(boxes_a[..., 2:], boxes_b[..., 2:])
    hull = (hull_high - hull_low).prod(-1)
    iou = intersection / union.clamp_min(1e-6)
    return iou, iou - (hull - union) / hull.clamp_min(1e-6)


def _area(boxes_xyxy: Tensor) -> Tensor:
    return (boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]).prod(-1)
