"""What is asked of the person map: how much, where, at cells or at every pixel.

The grouping brings the map to the size of the frame by bilinear interpolation, and a person's
edge runs where the interpolated logit is 0. Judged at the cells alone, a network learns which
side of the edge each cell is on, but not where between two cells the edge runs: it then runs
near the surer of them. Judged at every pixel of the crop through the same interpolation, it
learns that as well (compare Chen et al. 2017, arXiv 1706.05587, §4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.training.dataset import CROWD, IGNORE
from engine.training.loss_options import LossOptions
from engine.training.targets import Targets
from engine.types import HEAD_STRIDE


@dataclass(frozen=True, slots=True, eq=False)
class PersonMap:
    """Logits and what they should be, at cells (N, h, w) or pixels (N, H, W), all float32.

    wanted: probability 0..1. weight: in the logistic loss, 0 where not judged. judged: 0 or 1.
    """

    logits: Tensor
    wanted: Tensor
    weight: Tensor
    judged: Tensor


def at_cells(
    person_logits: Tensor, box_iou: Tensor, targets: Targets, options: LossOptions
) -> PersonMap:
    """The map as the network gives it.

    person_logits: (N, 1, h, w). box_iou: (N, h, w), of each cell's own box with the true one.
    """
    judged = targets.judged.float()
    weight = judged
    if options.balance_people:
        gain = small_people_gain(targets.person_cells, options)
        weight = judged * torch.where(targets.owned, gain, 1.0)
    wanted = quality_targets(targets, box_iou, options.quality_floor)
    return PersonMap(person_logits[:, 0], wanted, weight, judged)


def at_pixels(cells: PersonMap, targets: Targets, options: LossOptions) -> PersonMap:
    """The same at every pixel, interpolated as the grouping does it.

    Where all four cells around a person's pixel are people, what is wanted of them is
    interpolated too; near edges 1 is wanted of people's pixels, whatever their boxes, or the
    edge would be drawn towards the people.
    """
    labels = targets.pixel_labels
    person = (labels > 0) & (labels <= CROWD)
    judged = (labels != IGNORE).float()
    size_hw = (labels.shape[1], labels.shape[2])
    inside = _around(targets.person, size_hw)
    wanted = torch.where(inside, _interpolate(cells.wanted, size_hw), 1.0)
    weight = judged
    if options.balance_people:
        gain = small_people_gain(targets.label_cells, options)
        weight = judged * gain.gather(1, labels.flatten(1).long()).view(labels.shape)
    logits = _interpolate(cells.logits, size_hw)
    return PersonMap(logits, torch.where(person, wanted, 0.0), weight, judged)


def quality_targets(targets: Targets, box_iou: Tensor, floor: float) -> Tensor:
    """(N, h, w) probabilities to ask for: 0 off people, floor + (1 - floor)·IoU on them.

    The grouping reads boxes at peaks of the person map and ranks people by its mean. With
    the IoU of each pixel's own box in its target, peaks lie where boxes are good and the
    mean says how good they are (compare Li et al. 2020, arXiv 2006.04388). Crowds, which
    have no box, ask 1.
    """
    quality = torch.where(targets.owned, floor + (1 - floor) * box_iou.clamp(0, 1), 1.0)
    return torch.where(targets.person, quality, 0.0)


def small_people_gain(cells: Tensor, options: LossOptions) -> Tensor:
    """Weight of people of that many cells in the logistic loss, 1 for large ones."""
    return (options.small_cells / cells).sqrt().clamp(1.0, options.small_gain)


def logistic_loss(person: PersonMap) -> Tensor:
    """Weighted mean of the logistic loss; 0 where nothing is judged."""
    loss = F.binary_cross_entropy_with_logits(person.logits, person.wanted, reduction="none")
    return weighted_mean(loss, person.weight)


def dice_loss(person: PersonMap) -> Tensor:
    """1 − 2Σpt / Σ(p² + t²) over what is judged of the batch; least at p = t, 0..1."""
    p, t = torch.sigmoid(person.logits) * person.judged, person.wanted * person.judged
    overlap = 2 * (p * t).sum() + 1.0
    return 1 - overlap / ((p * p).sum() + (t * t).sum() + 1.0)


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Σ(v·w)/Σw, 0 where no weight is."""
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)


def _interpolate(cells: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """(N, h, w) → (N, H, W), cells on every fourth pixel."""
    return F.interpolate(cells[:, None], size_hw, mode="bilinear", align_corners=True)[:, 0]


def _around(cells: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """(N, H, W) bool: all four cells around a pixel are True in (N, h, w)."""
    pairs = cells[:, :-1] & cells[:, 1:]
    squares = pairs[:, :, :-1] & pairs[:, :, 1:]
    rows, columns = (
        (torch.arange(pixels, device=cells.device) // HEAD_STRIDE).clamp_max(
            squares.shape[axis] - 1
        )
        for axis, pixels in zip((1, 2), size_hw, strict=True)
    )
    return squares[:, rows][:, :, columns]
