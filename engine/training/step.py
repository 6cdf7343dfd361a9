"""One optimizer step."""

from __future__ import annotations

import math

import torch
from torch import nn

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
) -> tuple[LossTerms, float]:
    """One optimizer step; returns the losses and the gradient's norm before clipping.

    A step whose gradient overflows is left out. Raises `TrainingDiverged` where the loss
    itself is not finite, before weights are touched.
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
    if not torch.isfinite(terms.total):
        values = ", ".join(f"{name} {float(value):.4g}" for name, value in terms.items().items())
        raise TrainingDiverged(
            f"The loss is not a number any more ({values}).",
            "Resume the last checkpoint with a smaller --lr.",
        )
    optimizer.zero_grad(set_to_none=True)
    terms.total.backward()  # type: ignore[no-untyped-call]
    clip = options.schedule.clip or math.inf
    norm = float(nn.utils.clip_grad_norm_(model.parameters(), clip))
    if math.isfinite(norm):
        optimizer.step()
    return terms, norm
