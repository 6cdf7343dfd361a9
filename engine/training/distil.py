"""Losses against a teacher's answers, beside those against the truth.

The person map is compared with the teacher's probability everywhere, also where nothing
is annotated. Boxes are compared at person pixels, and only where the teacher has something
to say: where its box fits the true one better than the student's, and where there is no
true box (ignore regions, crowds) and the teacher is sure of a person. The mean is taken
over all pixels that could be asked, so what is learnt from the teacher fades as the
student gets better than it.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.training.loss import LossTerms, box_weights
from engine.training.loss_options import LossOptions
from engine.training.overlaps import box_overlaps
from engine.training.person_map import weighted_mean
from engine.training.targets import Targets, decode_boxes, encode_boxes
from engine.training.teacher import Lesson
from engine.types import HEAD_STRIDE

SURE = 0.5
"""Teacher's person probability from which its box counts where there is no true one."""


def add_lesson(
    terms: LossTerms,
    person_logits: Tensor,
    box_deltas: Tensor,
    targets: Targets,
    lesson: Lesson,
    options: LossOptions,
) -> LossTerms:
    """`terms` of the same batch with the two losses against the teacher in them.

    person_logits: (N, 1, h, w). box_deltas: (N, 4, h, w). Both float32.
    """
    person = F.binary_cross_entropy_with_logits(person_logits[:, 0], lesson.person)
    boxes = decode_boxes(box_deltas)
    asked, heard = box_lesson_weights(boxes.detach(), targets, lesson, options)
    _, giou = box_overlaps(boxes, lesson.boxes_xyxy)
    offsets = box_deltas.permute(0, 2, 3, 1) - encode_boxes(lesson.boxes_xyxy)
    error = options.giou * (1 - giou) + options.l1 * offsets.abs().sum(-1)
    box = weighted_mean(torch.where(heard, error, 0.0), asked)
    total = terms.total + options.teacher_person * person + options.teacher_box * box
    return replace(terms, total=total, teacher_person=person, teacher_box=box)


def box_lesson_weights(
    boxes_xyxy: Tensor, targets: Targets, lesson: Lesson, options: LossOptions
) -> tuple[Tensor, Tensor]:
    """(N, h, w) weight of each pixel that could be asked, and where the teacher is heard.

    boxes_xyxy: (N, h, w, 4), the student's. Without a true owner a pixel weighs the
    teacher's probability, and with `balance_people` less the larger its box is.
    """
    ours, _ = box_overlaps(boxes_xyxy, targets.boxes_xyxy)
    theirs, _ = box_overlaps(lesson.boxes_xyxy, targets.boxes_xyxy)
    unknown = ~targets.owned & (targets.person | ~targets.judged) & (lesson.person >= SURE)
    sizes = (lesson.boxes_xyxy[..., 2:] - lesson.boxes_xyxy[..., :2]) / HEAD_STRIDE
    share = lesson.person
    if options.balance_people:
        share = share / sizes.prod(-1).clamp_min(1.0).sqrt()
    asked = torch.where(unknown, share, box_weights(targets, options))
    return asked, unknown | (targets.owned & (theirs > ours))
