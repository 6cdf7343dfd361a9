"""The losses of both recipes; every term is a mean, so sizes of batch and crop cancel.

"paper": logistic loss over all pixels plus L1 on the offsets of person pixels (§3, §4.4).
"plus" adds dice, GIoU, the weighting of people, and teaches the person map how good each
pixel's box is: see `quality_targets`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.training.targets import Targets, decode_boxes, encode_boxes


@dataclass(frozen=True, slots=True)
class LossOptions:
    """Weights of the terms.

    logistic, dice, l1, giou: factors. balance_people: each person weighs √pixels in the
    box terms instead of pixels, and the logistic loss of people with fewer than
    `small_cells` grid cells is raised, at most `small_gain`-fold. quality_floor: person
    probability asked of a pixel whose box is entirely wrong; 1 asks 1 of every person pixel.
    teacher_person, teacher_box: factors of the terms of a run with a teacher, see
    `engine.training.distil`.
    """

    logistic: float = 2.0
    dice: float = 1.0
    l1: float = 0.5
    giou: float = 1.0
    balance_people: bool = True
    small_cells: float = 300.0
    small_gain: float = 2.5
    quality_floor: float = 0.6
    teacher_person: float = 1.0
    teacher_box: float = 1.0


PAPER_LOSS = LossOptions(
    logistic=1.0, dice=0.0, l1=1.0, giou=0.0, balance_people=False, quality_floor=1.0
)


@dataclass(frozen=True, slots=True, eq=False)
class LossTerms:
    """Unweighted terms (scalars, float32) and their weighted sum; box_iou is no loss.

    teacher_person, teacher_box: None in a run without a teacher.
    """

    total: Tensor
    logistic: Tensor
    dice: Tensor
    l1: Tensor
    giou: Tensor
    box_iou: Tensor
    teacher_person: Tensor | None = None
    teacher_box: Tensor | None = None

    def items(self) -> dict[str, Tensor]:
        """Name → detached value, of the terms that there are."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.detach() for name, value in values.items() if value is not None}


def compute_loss(
    person_logits: Tensor, box_deltas: Tensor, targets: Targets, options: LossOptions
) -> LossTerms:
    """Losses of one batch.

    person_logits: (N, 1, h, w). box_deltas: (N, 4, h, w). Both float32. A batch without
    people has box terms of 0; one without judged pixels has person terms of 0.
    """
    logits = person_logits[:, 0]
    iou, giou = box_overlaps(decode_boxes(box_deltas), targets.boxes_xyxy)
    weight = box_weights(targets, options)
    offsets = box_deltas.permute(0, 2, 3, 1) - encode_boxes(targets.boxes_xyxy)
    l1 = weighted_mean(offsets.abs().sum(-1), weight)
    giou_loss = weighted_mean(1 - giou, weight)
    wanted = quality_targets(targets, iou.detach(), options.quality_floor)
    pixel_weight = person_weights(targets, options)
    logistic = weighted_mean(
        F.binary_cross_entropy_with_logits(logits, wanted, reduction="none"), pixel_weight
    )
    dice = dice_loss(torch.sigmoid(logits), wanted, targets.judged)
    total = (
        options.logistic * logistic
        + options.dice * dice
        + options.l1 * l1
        + options.giou * giou_loss
    )
    return LossTerms(total, logistic, dice, l1, giou_loss, weighted_mean(iou, weight))


def quality_targets(targets: Targets, iou: Tensor, floor: float) -> Tensor:
    """(N, h, w) probabilities to ask for: 0 off people, floor + (1 - floor)·IoU on them.

    The grouping reads boxes at peaks of the person map and ranks people by its mean. With
    the IoU of each pixel's own box in its target, peaks lie where boxes are good and the
    mean says how good they are (compare Li et al. 2020, arXiv 2006.04388). Crowds, which
    have no box, ask 1.
    """
    quality = torch.where(targets.owned, floor + (1 - floor) * iou.clamp(0, 1), 1.0)
    return torch.where(targets.person, quality, 0.0)


def box_weights(targets: Targets, options: LossOptions) -> Tensor:
    """(N, h, w) weight of each pixel's box: 1, or 1/√cells of its person; 0 where not owned."""
    owned = targets.owned.float()
    return owned / targets.person_cells.sqrt() if options.balance_people else owned


def person_weights(targets: Targets, options: LossOptions) -> Tensor:
    """(N, h, w) weight of each pixel in the logistic loss; 0 where not judged."""
    judged = targets.judged.float()
    if not options.balance_people:
        return judged
    gain = (options.small_cells / targets.person_cells).sqrt().clamp(1.0, options.small_gain)
    return judged * torch.where(targets.owned, gain, 1.0)


def dice_loss(probability: Tensor, wanted: Tensor, judged: Tensor) -> Tensor:
    """1 − 2Σpt / Σ(p² + t²) over the judged pixels of the batch; least at p = t, 0..1."""
    p, t = probability * judged, wanted * judged
    overlap = 2 * (p * t).sum() + 1.0
    return 1 - overlap / ((p * p).sum() + (t * t).sum() + 1.0)


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


def weighted_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Σ(v·w)/Σw, 0 where no weight is."""
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)
