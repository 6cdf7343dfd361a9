"""A run: network, optimizer, averaged weights; begun, restored and saved."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import islice

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from engine.errors import ConfigError
from engine.network import BbeNetwork
from engine.training.batchnorm import unfold_batch_norm
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
from engine.training.fast_conv import speed_up_dilated
from engine.training.optimizer import make_optimizer
from engine.training.recipe import BatchNormMode, TrainOptions
from engine.training.samples import BatchDataset, CropMaker, plan_batches
from engine.training.start import build_start, freeze_stages


@dataclass(eq=False)
class Run:
    """Everything that changes while training; what a checkpoint saves and restores."""

    network: BbeNetwork
    optimizer: torch.optim.Optimizer
    ema: dict[str, Tensor]
    progress: Progress


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
    asked = asdict(options)
    for name in ("seed", "recipe", "teacher"):
        if str(saved.about["options"].get(name)) != str(asked[name]):
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


def set_mode(network: BbeNetwork, options: TrainOptions) -> None:
    """Training mode, but frozen stages that came folded keep their statistics."""
    network.train()
    if options.batchnorm is BatchNormMode.TRAIN:
        return
    for module in network.backbone.modules():
        frozen = not any(p.requires_grad for p in module.parameters())
        if isinstance(module, nn.BatchNorm2d) and frozen:
            module.eval()


@torch.no_grad()
def update_ema(run: Run, decay: float) -> None:
    """Mean of the weights; younger runs forget faster, so the start does not linger."""
    if not decay:
        return
    decay = min(decay, (1 + run.progress.step) / (10 + run.progress.step))
    now = run.network.state_dict()
    means = [name for name, value in now.items() if value.is_floating_point()]
    # All at once: hundreds of small tensors, and as many launches on a GPU.
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    average([run.ema[name] for name in means], [now[name] for name in means], 0)
    for name in now.keys() - set(means):
        run.ema[name].copy_(now[name])


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
