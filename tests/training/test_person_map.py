"""What is asked of the person map, at cells and at pixels."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import math
from dataclasses import replace

import torch

from engine.training.dataset import CROWD, IGNORE
from engine.training.loss_options import PAPER_LOSS, LossOptions
from engine.training.person_map import PersonMap, at_cells, at_pixels, dice_loss, logistic_loss
from engine.training.targets import Targets
from tests.training.test_loss import targets_of

PLAIN = LossOptions(quality_floor=1.0, balance_people=False)


def asked(targets: Targets, options: LossOptions = PLAIN, iou: float = 1.0) -> PersonMap:
    shape = targets.person.shape
    return at_cells(torch.zeros(1, *shape), torch.full(shape, iou), targets, options)


def test_small_people_count_more_in_the_person_map_up_to_the_limit() -> None:
    targets = targets_of([[1, 2], [2, 0]], {1: (0, 0, 9, 9), 2: (0, 0, 9, 9)})
    options = LossOptions(small_cells=4.0, small_gain=1.8)
    cells = asked(targets, options)
    weights = [[pytest.approx(1.8), pytest.approx(math.sqrt(2))], [pytest.approx(math.sqrt(2)), 1]]
    assert cells.weight[0].tolist() == weights
    assert at_pixels(cells, targets, options).weight[0, ::4, ::4].tolist() == weights


def test_quality_asks_less_of_pixels_with_bad_boxes_but_all_of_crowds() -> None:
    targets = targets_of([[1, CROWD], [IGNORE, 0]], {1: (0, 0, 9, 9)})
    cells = asked(targets, LossOptions(quality_floor=0.6), iou=0.5)
    assert cells.wanted[0].tolist() == [[pytest.approx(0.8), 1], [0, 0]]


def test_dice_of_a_half_right_answer() -> None:
    # One pixel right, one missed: 1 − (2·1 + 1)/(1 + 2 + 1).
    wanted, all_of_them = torch.tensor([1.0, 1.0]), torch.ones(2)
    half = PersonMap(torch.tensor([50.0, -50.0]), wanted, all_of_them, all_of_them)
    assert float(dice_loss(half)) == pytest.approx(0.25)
    assert float(dice_loss(replace(half, logits=wanted * 50))) == pytest.approx(0.0)


def test_the_edge_is_learnt_where_it_runs_between_two_cells() -> None:
    """Of four edges between the same cells each is answered best by an edge just there."""
    cells = targets_of([[1, 1, 0], [1, 1, 0]], {1: (0, 0, 6, 4)})
    for last in range(4, 8):
        labels = torch.zeros(1, 5, 9, dtype=torch.uint8)
        labels[:, :, : last + 1] = 1
        targets = replace(cells, pixel_labels=labels)
        losses = {}
        for edge in range(4, 8):  # the interpolated logit is 0 half a pixel behind it
            share = (edge + 0.5 - 4) / 4
            logits = torch.tensor([[[[8.0, 8 * share, 8 * (share - 1)]] * 2]])
            person = at_cells(logits, torch.ones(1, 2, 3), targets, PLAIN)
            losses[edge] = float(logistic_loss(at_pixels(person, targets, PLAIN)))
        assert min(losses, key=lambda edge: losses[edge]) == last


def test_near_edges_all_is_asked_of_a_persons_pixels_and_inside_what_the_cells_ask() -> None:
    targets = targets_of([[1, 1, 1, 0]] * 3, {1: (0, 0, 9, 9)})
    options = LossOptions(quality_floor=0.6, balance_people=False)
    wanted = at_pixels(asked(targets, options, iou=0.5), targets, options).wanted[0, 4].tolist()
    assert wanted == [pytest.approx(0.8)] * 8 + [1, 1, 1, 0, 0]


def test_pixels_that_are_not_judged_do_not_count_and_crowds_do() -> None:
    targets = targets_of([[IGNORE, IGNORE], [CROWD, CROWD]], {})
    pixels = at_pixels(asked(targets, LossOptions()), targets, LossOptions())
    assert pixels.weight[0, 0].tolist() == [0] * 5
    assert pixels.judged[0, 4].tolist() == [1] * 5
    assert pixels.wanted[0, 4].tolist() == [1] * 5


def test_the_paper_judges_cells() -> None:
    assert not PAPER_LOSS.at_pixels
