"""One optimizer step: when the host waits, and what it asks for meanwhile."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.training.constants import constant
from engine.training.crops import make_crops
from engine.training.distil import add_lesson
from engine.training.distributed import Team
from engine.training.feed import Feed
from engine.training.loss import compute_loss
from engine.training.loss_options import LossOptions
from engine.training.run import start_run
from engine.training.step import train_step
from engine.training.targets import TargetBatch, build_targets, decode_boxes
from engine.training.teacher import Lesson
from tests.training.conftest import Annotate
from tests.training.tiny_run import tiny_options

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

META = torch.device("meta")
"""Tensors without values stand for a busy GPU: reading one is an error."""


class NoUploads(TorchDispatchMode):
    """Python numbers and the host's tensors must not go to the device: the host waits for that."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.lift_fresh.default:
            assert result.device != META, "a tensor is made of Python numbers"
        if func is torch.ops.aten._to_copy.default:
            assert args[0].device == result.device, "a tensor goes to the device"
        return result


def test_the_losses_of_a_step_read_nothing_back_and_send_nothing() -> None:
    batch = TargetBatch(
        torch.zeros(2, 49, 65, 3, dtype=torch.uint8, device=META),
        torch.zeros(2, 49, 65, dtype=torch.uint8, device=META),
        torch.zeros(2, 256, 4, device=META),
        most_people=7,
    )
    logits = torch.zeros(2, 1, 13, 17, device=META, requires_grad=True)
    deltas = torch.zeros(2, 4, 13, 17, device=META, requires_grad=True)
    options = LossOptions()
    decode_boxes(deltas)  # keeps the anchor there
    with NoUploads():
        targets = build_targets(batch)
        terms = compute_loss(logits, deltas, targets, options)
        lesson = Lesson(torch.sigmoid(logits[:, 0]), decode_boxes(deltas))
        add_lesson(terms, logits, deltas, targets, lesson, options).total.backward()
    assert deltas.grad is not None
    assert deltas.grad.device == META


def test_a_constant_is_made_once_for_each_device() -> None:
    here = constant(torch.device("cpu"), (1.0, 2.0))
    assert here.tolist() == [1.0, 2.0]
    assert constant(torch.device("cpu"), (1.0, 2.0)) is here
    assert constant(META, (1.0, 2.0)).device == META


def test_the_next_batch_is_asked_for_between_gradients_and_weights(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    options = tiny_options(coco_folder, tmp_path / "run")
    maker = make_crops(options)
    run = start_run(options, maker)
    weight = run.network.person_head.weight
    before = weight.detach().clone()
    seen: list[tuple[bool, bool]] = []

    def meanwhile() -> None:
        seen.append((weight.grad is not None, torch.equal(weight, before)))

    batch = next(Feed(options, maker, Team(), 0))
    train_step(run.network, run.optimizer, batch, options, meanwhile=meanwhile)
    assert seen == [(True, True)]
    assert not torch.equal(weight, before)
