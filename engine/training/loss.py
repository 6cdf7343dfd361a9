"""The losses of both recipes; every term is a mean, so sizes of batch and crop cancel.

"paper": logistic loss over all pixels plus L1 on the offsets of person pixels (§3, §4.4).
"plus" adds dice, GIoU, the weighting of people, and asks more of the person map: see
`engine.training.person_map`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from torch import Tensor

from engine.training.assignment import assignment_loss
from engine.training.loss_options import LossOptions
from engine.training.overlaps import box_overlaps
from engine.training.people_dice import people_dice_loss
from engine.training.person_map import (
    at_cells,
    at_pixels,
    dice_loss,
    logistic_loss,
    weighted_mean,
)
from engine.training.targets import Targets, decode_boxes, encode_boxes


@dataclass(frozen=True, slots=True, eq=False)
class LossTerms:
    """Unweighted terms (scalars, float32) and their weighted sum; box_iou is no loss.

    assignment, people_dice: None where their factor is 0. teacher_person, teacher_box: None
    in a run without a teacher.
    """

    total: Tensor
    logistic: Tensor
    dice: Tensor
    l1: Tensor
    giou: Tensor
    box_iou: Tensor
    assignment: Tensor | None = None
    people_dice: Tensor | None = None
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
    boxes = decode_boxes(box_deltas)
    iou, giou = box_overlaps(boxes, targets.boxes_xyxy)
    weight = box_weights(targets, options)
    offsets = box_deltas.permute(0, 2, 3, 1) - encode_boxes(targets.boxes_xyxy)
    l1 = weighted_mean(offsets.abs().sum(-1), weight)
    giou_loss = weighted_mean(1 - giou, weight)
    person = at_cells(person_logits, iou.detach(), targets, options)
    if options.at_pixels:
        person = at_pixels(person, targets, options)
    logistic, dice = logistic_loss(person), dice_loss(person)
    total = (
        options.logistic * logistic
        + options.dice * dice
        + options.l1 * l1
        + options.giou * giou_loss
    )
    terms = LossTerms(total, logistic, dice, l1, giou_loss, weighted_mean(iou, weight))
    if options.assignment:
        assignment = assignment_loss(boxes, targets, weight)
        total = total + options.assignment * assignment
        terms = replace(terms, total=total, assignment=assignment)
    if options.people_dice:
        people_dice = people_dice_loss(person, targets)
        total = total + options.people_dice * people_dice
        terms = replace(terms, total=total, people_dice=people_dice)
    return terms


def box_weights(targets: Targets, options: LossOptions) -> Tensor:
    """(N, h, w) weight of each pixel's box: 1, or 1/√cells of its person; 0 where not owned."""
    owned = targets.owned.float()
    return owned / targets.person_cells.sqrt() if options.balance_people else owned
