"""Batches on their way from the loader processes to the training step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from torch.utils.data import DataLoader

from engine.training.distributed import Team
from engine.training.on_device.batches import DeviceCrops
from engine.training.recipe import TrainOptions
from engine.training.samples import BatchDataset, BatchPlan, CropMaker, plan_batches
from engine.training.targets import TargetBatch


class Feed:
    """This process's share of the batches after the first `done`, without end.

    Its loader's processes make the crops, or with `augment_on` "device" only plan them:
    then the batch is made on the device when it is asked for.
    """

    def __init__(self, options: TrainOptions, maker: CropMaker, team: Team, done: int) -> None:
        plans: Iterator[BatchPlan] = islice(
            plan_batches(maker.material.photos, maker.batch, maker.seed),
            done + team.rank,
            None,
            team.size,
        )
        device = torch.device(options.device)
        self._crops: DeviceCrops | None = None
        if options.augment_on == "device":
            self._crops = DeviceCrops(maker, device, shown=team.leads)
        loader: DataLoader[Any] = DataLoader(
            self._crops.dataset if self._crops else BatchDataset(maker),
            sampler=plans,  # any iterable serves; ours is endless
            batch_size=None,
            num_workers=options.workers,
            prefetch_factor=4 if options.workers else None,
            pin_memory=options.device.startswith("cuda"),
        )
        self._batches = iter(loader)
        self._loader_s = 0.0
        self._making = _Stopwatch(device)

    def __iter__(self) -> Iterator[TargetBatch]:
        return self

    def __next__(self) -> TargetBatch:
        asked_s = time.perf_counter()
        delivered = next(self._batches)
        self._loader_s = time.perf_counter() - asked_s
        if self._crops is None:
            batch: TargetBatch = delivered
            return batch
        self._making.start()
        batch = self._crops.make(delivered)
        self._making.stop()
        return batch

    @property
    def waited_s(self) -> float:
        """Seconds that the last batch was waited for, its making on the device included.

        On a GPU this waits until the batch is made, so it is to be read after the step.
        """
        return self._loader_s + (self._making.read_s() if self._crops else 0.0)


class _Stopwatch:
    """Time between two points of a device's work; on the processor, of the host's."""

    def __init__(self, device: torch.device) -> None:
        self._events: tuple[torch.cuda.Event, torch.cuda.Event] | None = None
        if device.type == "cuda":
            self._events = (
                torch.cuda.Event(enable_timing=True),
                torch.cuda.Event(enable_timing=True),
            )
        self._times_s = (0.0, 0.0)

    def start(self) -> None:
        if self._events:
            self._events[0].record()
        self._times_s = (time.perf_counter(), 0.0)

    def stop(self) -> None:
        if self._events:
            self._events[1].record()
        self._times_s = (self._times_s[0], time.perf_counter())

    def read_s(self) -> float:
        if self._events is None:
            return self._times_s[1] - self._times_s[0]
        self._events[1].synchronize()
        return float(self._events[0].elapsed_time(self._events[1])) / 1000
