"""How well the person map covers each person, all people counting alike.

One sum over the batch, as in `engine.training.person_map.dice_loss`, is a matter of large
people; accuracy is counted by the head.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.training.person_map import PersonMap, weighted_mean
from engine.training.targets import Targets

SPACING = 2
"""Every so many-th row and column of the map is looked at: a fourth of the work, the same edges."""

AROUND = 0.15
"""Background counts to a person within the box, and this share of its size beyond every side."""

AROUND_PX = 6.0
"""At least that far beyond it, in pixels of the crop."""


def people_dice_loss(person: PersonMap, targets: Targets) -> Tensor:
    """Mean over people with a box of 1 - 2Σpt / Σ(p² + t²), 0..1; 0 where there is nobody.

    The sums run over the person's own pixels and over judged background in and around the
    box. Other people, crowds and what is not judged have no part in it.
    """
    pitch = SPACING * ((targets.pixel_labels.shape[2] - 1) // (person.logits.shape[2] - 1))
    labels = targets.pixel_labels[:, ::pitch, ::pitch].long()
    p = torch.sigmoid(person.logits[:, ::SPACING, ::SPACING])
    t = person.wanted[:, ::SPACING, ::SPACING]
    nothing = torch.zeros(len(labels), 256, device=p.device)
    flat = labels.flatten(1)
    common = nothing.scatter_add(1, flat, (p * t).flatten(1))
    size = nothing.scatter_add(1, flat, (p * p + t * t).flatten(1))
    background = p * p * (labels == 0)
    size = size + _sums_in_boxes(background, _windows(targets.people_xyxy, labels, pitch))
    there = nothing.scatter_add(1, flat, torch.ones_like(flat, dtype=torch.float32)) > 0
    there &= torch.isfinite(targets.people_xyxy).all(-1)
    return weighted_mean(1 - (2 * common + 1) / (size + 1), there.float())


def _windows(people_xyxy: Tensor, labels: Tensor, pitch: int) -> Tensor:
    """(N, 256, 4) int64 x0, y0, x1, y1 in samples, end-exclusive, of each person's surroundings."""
    sizes = people_xyxy[..., 2:] - people_xyxy[..., :2]
    margin = (AROUND * sizes).clamp_min(AROUND_PX)
    low = ((people_xyxy[..., :2] - margin) / pitch).nan_to_num().floor()
    high = ((people_xyxy[..., 2:] + margin) / pitch).nan_to_num().ceil()
    limits = (labels.shape[2], labels.shape[1]) * 2
    corners = torch.cat([low, high], -1).unbind(-1)
    return torch.stack([c.clamp(0, n) for c, n in zip(corners, limits, strict=True)], -1).long()


def _sums_in_boxes(values: Tensor, windows: Tensor) -> Tensor:
    """Σ of (N, h, w) in each window (N, K, 4), by an integral image."""
    integral = F.pad(values.cumsum(1).cumsum(2), (1, 0, 1, 0))
    width = integral.shape[2]
    x0, y0, x1, y1 = windows.unbind(-1)
    flat = integral.flatten(1)
    corner = [flat.gather(1, y * width + x) for y in (y0, y1) for x in (x0, x1)]
    return corner[3] - corner[2] - corner[1] + corner[0]
