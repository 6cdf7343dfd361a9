"""What the assignment loss asks for, on two people whose boxes overlap."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import math
from dataclasses import replace

import torch
from torch import Tensor

from engine.training import assignment
from engine.training.assignment import NOBODY_IOU, TEMPERATURE, assignment_loss
from engine.training.loss import compute_loss
from engine.training.loss_options import PAPER_LOSS, LossOptions
from engine.training.targets import TargetBatch, Targets, build_targets, encode_boxes

LEFT, RIGHT = (0.0, 0.0, 8.0, 8.0), (4.0, 0.0, 12.0, 8.0)  # IoU 1/3
AHEAD = math.exp(-2 / 3 / TEMPERATURE)
AT_CELLS = LossOptions(at_pixels=False)
NOBODY = math.exp((NOBODY_IOU - 1) / TEMPERATURE)


def crops(*people: list[int], boxes: tuple[tuple[float, ...], ...] = (LEFT, RIGHT)) -> Targets:
    """One crop of 1×2 cells per list of their labels; label n has the n-th box, if it is there."""
    table = torch.full((len(people), 256, 4), float("nan"))
    for crop, labels in enumerate(people):
        for label in filter(None, labels):
            table[crop, label] = torch.tensor(boxes[label - 1])
    pixels = torch.tensor([[[a, a, b, b, b]] for a, b in people], dtype=torch.uint8)
    images = torch.zeros(len(people), 1, 5, 3, dtype=torch.uint8)
    return build_targets(TargetBatch(images, pixels, table))


def loss_of(targets: Targets, *boxes: tuple[float, ...]) -> Tensor:
    """Of cells, row by row, that predict these boxes and weigh the same."""
    predicted = torch.tensor(boxes).view(*targets.owned.shape, 4)
    return assignment_loss(predicted, targets, targets.owned.float())


def test_right_boxes_cost_what_the_rivals_overlap_leaves() -> None:
    loss = loss_of(crops([1, 2]), LEFT, RIGHT)
    assert float(loss) == pytest.approx(math.log(1 + AHEAD + NOBODY), rel=1e-2)


def test_the_neighbours_box_costs_more_than_a_bad_one_that_is_nobodys() -> None:
    nowhere = (100.0, 100.0, 108.0, 108.0)
    exchanged = float(loss_of(crops([1, 2]), RIGHT, LEFT))
    lost = float(loss_of(crops([1, 2]), nowhere, nowhere))
    assert exchanged > lost > float(loss_of(crops([1, 2]), LEFT, RIGHT))


def test_people_of_another_crop_are_no_rivals() -> None:
    alone = loss_of(crops([1, 1], [2, 2]), LEFT, LEFT, RIGHT, RIGHT)
    assert float(alone) == pytest.approx(math.log(1 + NOBODY), rel=1e-2)


def test_a_wavering_cell_is_drawn_to_its_own_person() -> None:
    targets = crops([1, 2])
    between = torch.tensor([2.0, 0.0, 10.0, 8.0])
    boxes = between.repeat(1, 1, 2, 1).requires_grad_()
    assignment_loss(boxes, targets, targets.owned.float()).backward()
    assert boxes.grad is not None
    own, other = -boxes.grad[0, 0, :, [0, 2]].sum(-1)  # where x moves to
    assert own < 0 < other


def test_gone_through_all_cells_as_on_a_gpu_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    targets = crops([1, 2], [0, 2], [0, 0])
    boxes = torch.rand(3, 1, 2, 4) * 4 + torch.tensor([0.0, 0.0, 8.0, 8.0])
    found = []
    for asked in (assignment._asked, lambda owned: slice(None)):
        monkeypatch.setattr(assignment, "_asked", asked)
        leaf = boxes.clone().requires_grad_()
        loss = assignment_loss(leaf, targets, targets.owned.float())
        loss.backward()
        found.append((loss.detach(), leaf.grad))
    torch.testing.assert_close(found[0], found[1])
    assert found[0][0] > 0


def test_a_crop_without_people_costs_nothing() -> None:
    deltas = torch.zeros(1, 4, 1, 2, requires_grad=True)
    terms = compute_loss(torch.zeros(1, 1, 1, 2), deltas, crops([0, 0]), AT_CELLS)
    assert terms.assignment is not None
    assert terms.assignment.item() == 0


def test_the_recipe_asks_for_it_and_the_papers_does_not() -> None:
    targets = crops([1, 2])
    right = encode_boxes(targets.boxes_xyxy).permute(0, 3, 1, 2)
    without_it = replace(AT_CELLS, assignment=0.0)
    terms = {
        options: compute_loss(torch.zeros(1, 1, 1, 2), right, targets, options)
        for options in (PAPER_LOSS, AT_CELLS, without_it)
    }
    with_it, without = terms[AT_CELLS], terms[without_it]
    assert terms[PAPER_LOSS].assignment is None
    assert without.assignment is None
    assert with_it.assignment is not None
    assert with_it.total > without.total
