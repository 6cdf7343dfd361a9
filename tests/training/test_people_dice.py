"""What the person map's loss by the head asks for, on a large and a small person."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import torch
from torch import Tensor

from engine.training.dataset import CROWD, IGNORE
from engine.training.loss_options import LossOptions
from engine.training.people_dice import people_dice_loss
from engine.training.person_map import PersonMap
from engine.training.targets import TargetBatch, Targets, build_targets

LARGE, SMALL = (slice(20, 80), slice(20, 60)), (slice(40, 48), slice(100, 106))
SURE = 20.0


def scene() -> Targets:
    """One crop of 129×161 with both people, a crowd and a region that is not judged."""
    labels = torch.zeros(1, 129, 161, dtype=torch.uint8)
    labels[0, :10, 90:120] = CROWD
    labels[0, 50:54, 90:120] = IGNORE
    boxes = torch.full((1, 256, 4), float("nan"))
    for label, (rows, columns) in enumerate((LARGE, SMALL), 1):
        labels[0, rows, columns] = label
        box = (columns.start, rows.start, columns.stop, rows.stop)
        boxes[0, label] = torch.tensor(box) - 0.5
    return build_targets(TargetBatch(torch.zeros(1, 1, 1, 3, dtype=torch.uint8), labels, boxes))


def true_logits(targets: Targets) -> Tensor:
    people = (targets.pixel_labels > 0) & (targets.pixel_labels <= CROWD)
    return torch.where(people, SURE, -SURE)


def loss_of(logits: Tensor, targets: Targets) -> Tensor:
    wanted = torch.sigmoid(true_logits(targets))
    everywhere = torch.ones_like(logits)
    return people_dice_loss(PersonMap(logits, wanted, everywhere, everywhere), targets)


def test_the_true_map_costs_nothing() -> None:
    targets = scene()
    assert loss_of(true_logits(targets), targets).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("missed", [LARGE, SMALL])
def test_whoever_is_missed_costs_the_same(missed: tuple[slice, slice]) -> None:
    targets = scene()
    logits = true_logits(targets)
    logits[0][missed] = -SURE
    assert loss_of(logits, targets).item() == pytest.approx(0.5, abs=0.05)


def test_too_large_a_mask_costs_and_what_is_far_from_everybody_does_not() -> None:
    targets = scene()
    swollen, elsewhere = true_logits(targets), true_logits(targets)
    swollen[0, 38:50, 98:108] = SURE
    elsewhere[0, 100:125, 120:160] = SURE
    assert loss_of(swollen, targets).item() > 0.1
    assert loss_of(elsewhere, targets).item() == pytest.approx(0, abs=1e-4)


def test_crowds_and_what_is_not_judged_have_no_part() -> None:
    targets = scene()
    logits = torch.zeros(1, 129, 161, requires_grad=True)
    loss_of(logits, targets).backward()
    assert logits.grad is not None
    for rows, columns in ((slice(0, 10), slice(90, 120)), (slice(50, 54), slice(90, 120))):
        assert not logits.grad[0, rows, columns].any()
    assert (logits.grad[0][SMALL][::2, ::2] < 0).all()


def test_a_map_of_cells_is_judged_like_one_of_pixels() -> None:
    targets = scene()
    cells = true_logits(targets)[:, ::4, ::4].clone()
    wanted = torch.sigmoid(cells)
    everywhere = torch.ones_like(cells)
    loss = people_dice_loss(PersonMap(cells, wanted, everywhere, everywhere), targets)
    assert loss.item() == pytest.approx(0, abs=1e-4)


def test_without_people_there_is_no_loss() -> None:
    labels = torch.zeros(1, 9, 9, dtype=torch.uint8)
    boxes = torch.full((1, 256, 4), float("nan"))
    images = torch.zeros(1, 1, 1, 3, dtype=torch.uint8)
    targets = build_targets(TargetBatch(images, labels, boxes))
    assert loss_of(torch.full((1, 9, 9), SURE), targets).item() == 0


def test_the_papers_recipe_does_without() -> None:
    from engine.training.loss_options import PAPER_LOSS

    assert PAPER_LOSS.people_dice == 0
    assert LossOptions().people_dice > 0
