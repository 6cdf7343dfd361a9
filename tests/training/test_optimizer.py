"""Steps of the optimizer: of matrices, of the backbone, of what is frozen."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import torch
from torch import nn

from engine.network import BbeNetwork, NetworkOptions
from engine.training.optimizer import MuonAdamW, make_optimizer
from engine.training.recipe import ScheduleOptions, TrainOptions
from engine.training.start import freeze_stages

LR = 1e-2


def options(**schedule: float) -> TrainOptions:
    return TrainOptions(
        data=Path(),
        out=Path(),
        schedule=ScheduleOptions(images=8, lr=LR, weight_decay=0.0, **schedule),
        network=NetworkOptions(width=16, skip_width=16),
    )


@pytest.fixture
def network() -> BbeNetwork:
    torch.manual_seed(0)
    return BbeNetwork(options().network).to(memory_format=torch.channels_last)


def uneven_gradient(parameter: nn.Parameter) -> torch.Tensor:
    """One direction in which the loss changes thirty times more than in the others."""
    rows, columns = parameter.shape[:2]
    strong = torch.ones(rows, 1) @ torch.ones(1, columns)
    return (30 * strong + torch.randn(rows, columns)).view(parameter.shape)


def set_gradients(network: BbeNetwork) -> dict[str, torch.Tensor]:
    before = {}
    for name, parameter in network.named_parameters():
        before[name] = parameter.detach().clone()
        even = parameter.ndim != 4 or parameter.shape[2] != 1
        parameter.grad = torch.ones_like(parameter) if even else uneven_gradient(parameter)
    return before


def move(optimizer: torch.optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        group["lr"] = LR * group["factor"]
    optimizer.step()


def test_a_matrix_moves_in_all_its_directions_although_the_gradient_has_one(
    network: BbeNetwork,
) -> None:
    before = set_gradients(network)
    move(make_optimizer(network, options(muon=1.0)))

    name = "decoder.1.1.0.weight"
    step = (network.get_parameter(name).detach() - before[name]).flatten(1)
    sizes = torch.linalg.svdvals(step)
    assert sizes[-4] > 0.3 * sizes[0]


def test_without_muon_the_step_has_hardly_more_than_that_one_direction(
    network: BbeNetwork,
) -> None:
    before = set_gradients(network)
    optimizer = make_optimizer(network, options(muon=0.0))
    move(optimizer)

    assert type(optimizer) is torch.optim.AdamW
    name = "decoder.1.1.0.weight"
    sizes = torch.linalg.svdvals((network.get_parameter(name).detach() - before[name]).flatten(1))
    assert sizes[1] < 0.3 * sizes[0]


@pytest.mark.parametrize("muon", [0.5, 2.0])
def test_steps_of_matrices_are_as_large_as_those_of_adamw_times_the_factor(
    network: BbeNetwork, muon: float
) -> None:
    before = set_gradients(network)
    move(make_optimizer(network, options(muon=muon)))

    def size(name: str) -> float:
        step = network.get_parameter(name).detach() - before[name]
        return float(step.square().mean().sqrt())

    assert size("decoder.1.1.0.weight") == pytest.approx(muon * 0.2 * LR, rel=0.35)
    assert size("decoder.1.0.0.weight") == pytest.approx(LR, rel=0.01)
    assert size("box_head.weight") == pytest.approx(LR, rel=0.01)


def test_the_backbone_takes_its_share_of_the_rate_and_frozen_stages_stay(
    network: BbeNetwork,
) -> None:
    before = set_gradients(network)
    freeze_stages(network, 3)
    move(make_optimizer(network, options(backbone_factor=0.1, muon=1.0)))

    frozen = "backbone.blocks.2.0.conv_pw.weight"
    assert torch.equal(network.get_parameter(frozen), before[frozen])
    depthwise = "backbone.blocks.4.0.conv_dw.weight"
    step = network.get_parameter(depthwise).detach() - before[depthwise]
    assert float(step.abs().mean()) == pytest.approx(0.1 * LR, rel=0.01)


def test_a_step_without_any_gradient_changes_nothing(network: BbeNetwork) -> None:
    optimizer = make_optimizer(network, options(muon=1.0))
    assert isinstance(optimizer, MuonAdamW)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    set_gradients(network)
    optimizer.zero_grad()
    move(optimizer)

    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_in_float32_muon_steps_as_in_bfloat16_but_more_exactly() -> None:
    weight = torch.randn(24, 48)
    gradient = torch.randn(24, 48, 1, 1)

    def step(single_precision: bool) -> torch.Tensor:
        parameter = nn.Parameter(weight.clone().view(24, 48, 1, 1))
        parameter.grad = gradient.clone()
        matrices = [{"params": [parameter], "factor": 1.0, "weight_decay": 0.0}]
        others = [{"params": [nn.Parameter(torch.zeros(1))]}]
        MuonAdamW(matrices, others, LR, single_precision).step()
        return parameter.detach().flatten(1) - weight

    exact, rough = step(True), step(False)
    torch.testing.assert_close(exact, rough, rtol=0, atol=0.05 * float(exact.abs().max()))
    # Steps of bfloat16 arithmetic are multiples of its coarse units, those of float32 are not.
    assert not torch.equal(exact, rough)
