"""Batches on their way from the loader processes to the training step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from torch.utils.data import DataLoader

from engine.training.distributed import Team
from engine.training.recipe import TrainOptions
from engine.training.samples import BatchDataset, BatchPlan, CropMaker, plan_batches
from engine.training.targets import TargetBatch


class Feed:
    """This process's share of the batches after the first `done`, without end.

    waited_s: seconds that the last batch was waited for.
    """

    def __init__(self, options: TrainOptions, maker: CropMaker, team: Team, done: int) -> None:
        plans: Iterator[BatchPlan] = islice(
            plan_batches(maker.material.photos, maker.batch, maker.seed),
            done + team.rank,
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
        self._batches = iter(loader)
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[TargetBatch]:
        return self

    def __next__(self) -> TargetBatch:
        asked_s = time.perf_counter()
        batch: TargetBatch = next(self._batches)
        self.waited_s = time.perf_counter() - asked_s
        return batch
