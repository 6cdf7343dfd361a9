"""The training loop.

On the shared people data, starting from the first model, 100 minutes on the CPU:

    python -m engine.training.train --data ../shared/data/people --out ../runs/a \\
        --init weights/bbe-mnv2.onnx --minutes 100

On official COCO, the paper's run, four GPUs:

    torchrun --nproc-per-node 4 -m engine.training.train --coco /data/coco --out runs/paper \\
        --recipe paper --device cuda
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from time import monotonic
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from engine.errors import ConfigError, EngineError
from engine.network import BbeNetwork
from engine.training.allocator import keep_freed_memory
from engine.training.augment import NO_AUGMENT
from engine.training.batchnorm import unfold_batch_norm
from engine.training.cache import PhotoStore, open_photos
from engine.training.checkpoint import (
    Checkpoint,
    Progress,
    current_commit,
    latest_checkpoint,
    load_checkpoint,
    optimizer_moments,
    restore_moments,
    save_checkpoint,
)
from engine.training.dataset import is_tune_image, read_photos
from engine.training.distributed import Team, join_team
from engine.training.fast_conv import speed_up_dilated
from engine.training.loss import LossTerms, compute_loss
from engine.training.recipe import BatchNormMode, Precision, TrainOptions
from engine.training.report import RunReport
from engine.training.samples import BatchDataset, BatchPlan, CropMaker, Material, plan_batches
from engine.training.start import build_start, freeze_stages
from engine.training.targets import TargetBatch, build_targets

MAX_LEFT_OUT = 10


class TrainingDiverged(EngineError):
    """The loss is no longer a number."""


@dataclass(eq=False)
class Run:
    """Everything that changes while training; what a checkpoint saves and restores."""

    network: BbeNetwork
    optimizer: torch.optim.Optimizer
    ema: dict[str, Tensor]
    progress: Progress


def main(options: TrainOptions) -> Progress:
    """Train as `options` say; returns where the run ended.

    Raises `ConfigError`, `ModelNotFound`, and `TrainingDiverged` where the loss is not
    finite (the last checkpoint then stands).
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cpu":
        keep_freed_memory()
    with join_team(options.device) as team:
        with team.leader_first():
            maker = make_crops(options)
        run = start_run(options, maker)
        shown = held_out_batch(options, maker)
        with RunReport(options, run.network, shown, enabled=team.leads) as report:
            _train(options, run, maker, team, report)
    return run.progress


def make_crops(options: TrainOptions) -> CropMaker:
    """The crops of a run, photos decoded and cached."""
    photos = read_photos(options.data)
    if options.hold_out:
        photos = [p for p in photos if not is_tune_image(p.image_id)]
    if options.only_people:
        photos = [p for p in photos if p.shows_people]
    store = open_photos(photos, options.cache or options.out / "cache")
    extra = options.recipe != "paper"
    cutouts = tuple(sorted((options.data / "cutouts").glob("*"))) if extra else ()
    rooms = tuple(sorted((options.data / "rooms").glob("*"))) if extra and cutouts else ()
    material = Material(store, cutouts, rooms)
    return CropMaker(material, options.batch, options.augment, options.seed)


def held_out_batch(options: TrainOptions, maker: CropMaker, count: int = 4) -> TargetBatch:
    """Whole photos that are not trained on, to be looked at; where none are, others."""
    photos = [p for p in read_photos(options.data) if p.people]
    held = [p for p in photos if is_tune_image(p.image_id)] or photos
    store = PhotoStore(held[:: max(1, len(held) // count)][:count])
    side = max(options.batch.long_sides)
    crops = CropMaker(Material(store), maker.batch, NO_AUGMENT, options.seed)
    plan = BatchPlan(0, (side, side), tuple(range(len(store))))
    return BatchDataset(crops)[plan]


def start_run(options: TrainOptions, maker: CropMaker) -> Run:
    """A fresh run, or with `resume` the last checkpoint in `out` where there is one."""
    options.out.mkdir(parents=True, exist_ok=True)
    last = latest_checkpoint(options.out)
    if last is not None and not options.resume:
        raise ConfigError(f"{options.out} already holds a run.", "Resume it, or name another.")
    network = build_start(options)
    if options.batchnorm is BatchNormMode.UNFOLD and options.init is None:
        unfold_batch_norm(network, _calibration_images(maker))
    network.to(torch.device(options.device)).to(memory_format=torch.channels_last)
    freeze_stages(network, options.freeze)
    if options.device == "cpu":
        speed_up_dilated(network)
    optimizer = make_optimizer(network, options)
    ema = {k: v.clone() for k, v in network.state_dict().items()} if options.schedule.ema else {}
    run = Run(network, optimizer, ema, Progress())
    if last is not None:
        restore(run, load_checkpoint(last), options)
    return run


def restore(run: Run, saved: Checkpoint, options: TrainOptions) -> None:
    """Put a checkpoint into a fresh run. Raises `ConfigError` where it is another's."""
    for name in ("seed", "recipe"):
        if saved.about["options"][name] != getattr(options, name):
            raise ConfigError(f"The checkpoint was made with another {name}.", "Give the same.")
    run.network.load_state_dict(saved.model)
    run.ema = {k: v.to(options.device) for k, v in saved.ema.items()}
    restore_moments(run.optimizer, run.network, saved.moments)
    run.progress = saved.progress


def _calibration_images(maker: CropMaker, images: int = 256) -> list[Tensor]:
    plans = islice(plan_batches(maker.material.photos, maker.batch, maker.seed + 1), 10_000)
    dataset, batches, seen = BatchDataset(maker), [], 0
    for plan in plans:
        batches.append(dataset[plan].images)
        seen += len(plan.photos)
        if seen >= images:
            break
    return batches


def make_optimizer(network: BbeNetwork, options: TrainOptions) -> torch.optim.Optimizer:
    """AdamW; backbone and the rest, each with and without weight decay (biases, norms)."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        factor = options.schedule.backbone_factor if name.startswith("backbone.") else 1.0
        decay = options.schedule.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((factor, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": p, "factor": f, "weight_decay": d} for (f, d), p in groups.items()],
        lr=options.schedule.lr,
    )


def _train(
    options: TrainOptions, run: Run, maker: CropMaker, team: Team, report: RunReport
) -> None:
    model = team.wrap(run.network)
    device = torch.device(options.device)
    begun_s = monotonic() - run.progress.elapsed_s
    saved_s = run.progress.elapsed_s
    left_out = 0
    _set_mode(run.network, options)
    for batch in _load(options, run, maker, team):
        share = team.agree(_progress(options, run.progress))
        if share >= 1:
            break
        rate = options.schedule.rate(share)
        for group in run.optimizer.param_groups:
            group["lr"] = options.schedule.lr * rate * group["factor"]
        terms, norm = train_step(model, run.optimizer, batch.to(device), options)
        _update_ema(run, options.schedule.ema)
        left_out = 0 if math.isfinite(norm) else left_out + 1
        if left_out == MAX_LEFT_OUT:
            raise TrainingDiverged(
                f"The gradients of {left_out} steps in a row overflowed.",
                "Resume the last checkpoint with a smaller --lr, or in float32.",
            )
        done = run.progress
        run.progress = Progress(
            done.step + 1,
            done.batch + team.size,
            done.images + len(batch.images) * team.size,
            monotonic() - begun_s,
        )
        report.step(run.progress, terms, norm, rate, share)
        if team.leads and run.progress.elapsed_s - saved_s > options.checkpoint_minutes * 60:
            save_run(options, run)
            saved_s = run.progress.elapsed_s
    if team.leads:
        save_run(options, run)


def _progress(options: TrainOptions, progress: Progress) -> float:
    """Share of the run that is done, 0..1."""
    if options.schedule.images is not None:
        return progress.images / options.schedule.images
    return progress.elapsed_s / 60 / (options.schedule.minutes or math.inf)


def _load(options: TrainOptions, run: Run, maker: CropMaker, team: Team) -> Iterator[TargetBatch]:
    """This process's share of the batches that are still to come."""
    plans: Iterator[BatchPlan] = islice(
        plan_batches(maker.material.photos, maker.batch, maker.seed),
        run.progress.batch + team.rank,
        None,
        team.size,
    )
    loader: DataLoader[Any] = DataLoader(
        BatchDataset(maker),
        sampler=plans,  # any iterable serves; ours is endless
        batch_size=None,
        num_workers=options.workers,
        prefetch_factor=4 if options.workers else None,
        pin_memory=options.device.startswith("cuda"),
    )
    return iter(loader)


def _set_mode(network: BbeNetwork, options: TrainOptions) -> None:
    network.train()
    if options.batchnorm is BatchNormMode.TRAIN:
        return
    for module in network.backbone.modules():
        frozen = not any(p.requires_grad for p in module.parameters())
        if isinstance(module, nn.BatchNorm2d) and frozen:
            module.eval()


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: TargetBatch,
    options: TrainOptions,
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
    terms = compute_loss(logits, deltas, build_targets(batch), options.loss)
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


@torch.no_grad()
def _update_ema(run: Run, decay: float) -> None:
    """Mean of the weights; younger runs forget faster, so the start does not linger."""
    if not decay:
        return
    decay = min(decay, (1 + run.progress.step) / (10 + run.progress.step))
    for name, value in run.network.state_dict().items():
        if value.is_floating_point():
            run.ema[name].lerp_(value, 1 - decay)
        else:
            run.ema[name].copy_(value)


def save_run(options: TrainOptions, run: Run) -> None:
    """Write a checkpoint of the run into `out`."""
    about = {
        "options": asdict(replace(options, resume=False)),
        "command": options.command,
        "commit": current_commit(),
        "folded": not any(isinstance(m, nn.BatchNorm2d) for m in run.network.modules()),
    }
    moments = optimizer_moments(run.optimizer, run.network)
    save_checkpoint(
        options.out,
        Checkpoint(run.progress, run.network.state_dict(), run.ema, moments, about),
    )


if __name__ == "__main__":
    import runpy

    runpy.run_module("engine.training.command", run_name="__main__")
