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
from time import monotonic

import torch

from engine.training.allocator import keep_freed_memory
from engine.training.arithmetic import settle_precision
from engine.training.checkpoint import Progress
from engine.training.crops import held_out_batch, make_crops
from engine.training.distributed import Team, join_team
from engine.training.feed import Feed
from engine.training.place import settle_place
from engine.training.pull import Pull
from engine.training.recipe import TrainOptions
from engine.training.report import RunReport
from engine.training.run import Run, save_run, set_mode, start_run, update_ema
from engine.training.samples import CropMaker
from engine.training.step import TrainingDiverged, train_step
from engine.training.teacher import Teacher

MAX_LEFT_OUT = 10


def main(options: TrainOptions) -> Progress:
    """Train as `options` say; returns where the run ended.

    Raises `ConfigError`, `ModelNotFound`, and `TrainingDiverged` where the loss is not
    finite (the last checkpoint then stands).
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cpu":
        keep_freed_memory()
    options = settle_precision(options)
    with join_team(options.device) as team:
        with team.leader_first():
            maker = make_crops(options)
        options = settle_place(options, maker.material, team)
        run = start_run(options, maker)
        shown = held_out_batch(options, maker)
        with RunReport(options, run.network, shown, enabled=team.leads) as report:
            _train(options, run, maker, team, report)
    return run.progress


def _train(
    options: TrainOptions, run: Run, maker: CropMaker, team: Team, report: RunReport
) -> None:
    model = team.wrap(run.network)
    teacher = Teacher(options.teacher, options) if options.teacher is not None else None
    device = torch.device(options.device)
    begun_s = monotonic() - run.progress.elapsed_s
    saved_s = run.progress.elapsed_s
    left_out = 0
    set_mode(run.network, options)
    pull = Pull(run.network, options) if options.schedule.pull else None
    feed = Feed(options, maker, team, run.progress.batch)
    for batch in feed:
        share = team.agree(_progress(options, run.progress))
        if share >= 1:
            break
        # What dropout leaves out depends, as batches do, on seed and batch number alone:
        # a resumed run leaves out the same.
        torch.manual_seed((options.seed << 32) + run.progress.batch + team.rank)
        rate = options.schedule.rate(share)
        for group in run.optimizer.param_groups:
            group["lr"] = options.schedule.lr * rate * group["factor"]
        batch = batch.to(device)
        terms, norm = train_step(model, run.optimizer, batch, options, teacher, feed.make_ahead)
        if pull is not None:
            pull(options.schedule.lr * rate)
        update_ema(run, options.schedule.ema)
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
        report.step(run.progress, terms, norm, rate, share, feed.waited_s)
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


if __name__ == "__main__":
    import runpy

    runpy.run_module("engine.training.command", run_name="__main__")
