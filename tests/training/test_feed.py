"""Batches on their way to the training step."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from types import SimpleNamespace

import torch

from engine.training import feed
from engine.training.crops import make_crops
from engine.training.distributed import Team
from engine.training.feed import Feed
from engine.training.recipe import AugmentOn, TrainOptions
from tests.training.conftest import Annotate
from tests.training.tiny_run import tiny_options

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    return tiny_options(coco_folder, tmp_path / "run")


@pytest.mark.parametrize("place", ["loader", "device"])
def test_processes_share_the_batches_of_one(options: TrainOptions, place: AugmentOn) -> None:
    options = replace(options, augment_on=place)
    maker = make_crops(options)
    alone = list(islice(Feed(options, maker, Team(), 0), 6))
    second_of_two = list(islice(Feed(options, maker, Team(1, 2), 2), 2))
    for ours, theirs in zip(second_of_two, alone[3::2], strict=False):
        torch.testing.assert_close(ours.images, theirs.images, rtol=0, atol=0)
        torch.testing.assert_close(ours.labels, theirs.labels, rtol=0, atol=0)


def test_making_crops_on_the_device_counts_as_waiting(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    halves = count(0.0, 1.5)
    monkeypatch.setattr(feed, "time", SimpleNamespace(perf_counter=lambda: next(halves)))
    maker = make_crops(options)
    for place, waited_s in (("loader", 1.5), ("device", 3.0)):
        batches = Feed(replace(options, augment_on=place), maker, Team(), 0)  # type: ignore[arg-type]
        next(batches)
        assert batches.waited_s == waited_s


@pytest.mark.parametrize("place", ["loader", "device"])
def test_batches_made_ahead_come_in_their_order(options: TrainOptions, place: AugmentOn) -> None:
    options = replace(options, augment_on=place)
    maker = make_crops(options)
    plain, ahead = Feed(options, maker, Team(), 0), Feed(options, maker, Team(), 0)
    for batch in islice(plain, 4):
        ours = next(ahead)
        waited_s = ahead.waited_s
        ahead.make_ahead()
        ahead.make_ahead()  # one batch ahead, never two
        torch.testing.assert_close(ours.images, batch.images, rtol=0, atol=0)
        assert ahead.waited_s == waited_s


def test_workers_hand_over_plans_for_the_device(options: TrainOptions) -> None:
    options = replace(options, augment_on="device")
    maker = make_crops(options)
    here = next(Feed(options, maker, Team(), 0))
    there = next(Feed(replace(options, workers=1), maker, Team(), 0))
    torch.testing.assert_close(here.images, there.images, rtol=0, atol=0)
