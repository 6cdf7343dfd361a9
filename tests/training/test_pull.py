"""A backbone that is held to where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from dataclasses import replace

import torch
from safetensors.torch import save_file

from engine.errors import ConfigError
from engine.network import BbeNetwork
from engine.training import train as trainer
from engine.training.checkpoint import load_checkpoint
from engine.training.pull import Pull
from engine.training.recipe import BatchNormMode, ScheduleOptions, TrainOptions
from engine.training.start import build_start, freeze_stages, pretrained_backbone
from tests.training.conftest import Annotate
from tests.training.tiny_run import tiny_options

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard"),
]


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    """A tiny run from a backbone on disk."""
    tiny = tiny_options(coco_folder, tmp_path / "run")
    torch.manual_seed(5)
    weights = BbeNetwork(tiny.network).backbone.state_dict()
    save_file(weights, tmp_path / "backbone.safetensors")
    weights_file = tmp_path / "backbone.safetensors"
    return replace(tiny, backbone_weights=weights_file, batchnorm=BatchNormMode.FOLDED)


def pulled(options: TrainOptions, pull: float) -> TrainOptions:
    return replace(options, schedule=replace(options.schedule, pull=pull))


def test_a_step_goes_back_by_its_share_of_the_distance_and_frozen_stages_stay(
    options: TrainOptions,
) -> None:
    network = build_start(options)
    freeze_stages(network, 2)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    before = {name: weight.clone() for name, weight in network.named_parameters()}
    Pull(network, pulled(options, 50.0))(0.005)
    earlier = pretrained_backbone(options)
    for name, weight in network.named_parameters():
        own = name.removeprefix("backbone.")
        expected = before[name]
        if own != name and weight.requires_grad:
            expected = 0.75 * before[name] + 0.25 * earlier[own]
        torch.testing.assert_close(weight, expected)


def test_a_backbone_that_is_pulled_stays_nearer_to_where_it_came_from(
    options: TrainOptions, tmp_path: Path
) -> None:
    earlier = pretrained_backbone(options)

    def distance(pull: float) -> float:
        run = replace(pulled(options, pull), out=tmp_path / f"pull {pull}")
        trainer.main(run)
        model = load_checkpoint(run.out).model
        gaps = [(model[f"backbone.{n}"] - w.detach()).abs().sum() for n, w in earlier.items()]
        return float(torch.stack(gaps).sum())

    free, held = distance(0.0), distance(200.0)
    assert free > 0
    assert held < 0.9 * free


def test_a_run_that_pulls_says_where_to_and_is_folded(options: TrainOptions) -> None:
    with pytest.raises(ConfigError, match="backbone to pull to"):
        replace(
            pulled(options, 0.0),
            backbone_weights=None,
            schedule=ScheduleOptions(images=1, pull=1.0),
        )
    with pytest.raises(ConfigError, match="folded"):
        replace(pulled(options, 1.0), batchnorm=BatchNormMode.TRAIN)
