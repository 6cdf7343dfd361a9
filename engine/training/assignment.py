"""Whether each cell's box tells its person from the others of the crop.

The grouping gives a cell to the person whose box its own box overlaps most, if by more than
`GroupOptions.assign_iou`. L1 and GIoU ask for good boxes everywhere alike; a cell between two
people whose boxes nearly coincide needs a better one than a cell of somebody who stands alone.
The softmax over these overlaps asks for just that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.training.overlaps import box_overlaps
from engine.training.person_map import weighted_mean
from engine.training.targets import Targets

NOBODY_IOU = 0.4
"""Of the rival that stands for "nobody's". Cells so taught then stood the 0.5 that
`GroupOptions.assign_iou` is since."""

TEMPERATURE = 0.05
"""IoU by which a person must be ahead to be e times as likely."""


def assignment_loss(boxes_xyxy: Tensor, targets: Targets, weight: Tensor) -> Tensor:
    """Cross entropy of softmax(IoU / temperature) over the people of each crop and nobody.

    boxes_xyxy: (N, h, w, 4), each cell's own. weight: (N, h, w), 0 where not owned. A scalar,
    0 where there is nobody.
    """
    cells = _asked(targets.owned.flatten())
    count, height, width = targets.owned.shape
    crop = torch.arange(count, device=weight.device).repeat_interleave(height * width)[cells]
    label = torch.where(targets.owned, targets.owner % 256, 0).flatten()[cells]
    people = targets.people_xyxy[:, : targets.most_people + 1]
    absent = ~torch.isfinite(people).all(-1)
    iou, _ = box_overlaps(boxes_xyxy.flatten(0, 2)[cells, None], people.nan_to_num()[crop])
    logits = (iou / TEMPERATURE).masked_fill(absent[crop], -torch.inf)
    nobody = torch.full_like(logits[:, :1], NOBODY_IOU / TEMPERATURE)
    logits = torch.cat([nobody, logits[:, 1:]], 1)  # label 0 is the background
    loss = F.cross_entropy(logits, label, reduction="none")
    return weighted_mean(loss, weight.flatten()[cells])


def _asked(owned: Tensor) -> Tensor | slice:
    """The cells (n,) that are gone through: those that are owned; on a GPU all of them.

    To pick some there, the host would have to wait until it knows how many they are.
    """
    return owned.nonzero()[:, 0] if owned.device.type == "cpu" else slice(None)
