"""One optimizer step."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from engine.errors import EngineError
from engine.training.distil import add_lesson
from engine.training.loss import LossTerms, compute_loss
from engine.training.recipe import Precision, TrainOptions
from engine.training.targets import TargetBatch, build_targets
from engine.training.teacher import Teacher


class TrainingDiverged(EngineError):
    """The loss is no longer a number."""


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: TargetBatch,
    options: TrainOptions,
    teacher: Teacher | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[LossTerms, float]:
    """One optimizer step; returns the losses and the gradient's norm before clipping.

    A step whose gradient overflows is left out. Raises `TrainingDiverged` where the loss
    itself is not finite, before weights are touched. meanwhile: called while the device is
    busy with the gradients, to give it more to do; the host then waits for them, and but
    for that nowhere in a step.
    """
    autocast = torch.autocast(
        batch.images.device.type, torch.bfloat16, enabled=options.precision is Precision.BF16
    )
    with autocast:
        logits, deltas = model(batch.images)
    targets = build_targets(batch)
    terms = compute_loss(logits, deltas, targets, options.loss)
    if teacher is not None:
        lesson = teacher(batch.images)
        terms = add_lesson(terms, logits, deltas, targets, lesson, options.loss)
    optimizer.zero_grad(set_to_none=True)
    terms.total.backward()  # type: ignore[no-untyped-call]
    clip = options.schedule.clip or math.inf
    both = torch.stack([terms.total.detach(), nn.utils.clip_grad_norm_(model.parameters(), clip)])
    total, norm = _read(both, meanwhile)
    if not math.isfinite(total):
        values = ", ".join(f"{name} {float(value):.4g}" for name, value in terms.items().items())
        raise TrainingDiverged(
            f"The loss is not a number any more ({values}).",
            "Resume the last checkpoint with a smaller --lr.",
        )
    if math.isfinite(norm):
        optimizer.step()
    return terms, norm


def _read(values: Tensor, meanwhile: Callable[[], None]) -> list[float]:
    """The numbers of a tensor; what `meanwhile` asks of the device comes after them."""
    here = values.to("cpu", non_blocking=True)
    arrived = torch.cuda.Event() if values.is_cuda else None  # type: ignore[no-untyped-call]
    if arrived is not None:
        arrived.record()
    meanwhile()
    if arrived is not None:
        arrived.synchronize()
    return [float(value) for value in here]
