"""Batches on their way from the loader processes to the training step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
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
        self._device = device
        self._ahead: _Delivery | None = None
        self._last: _Delivery | None = None

    def __iter__(self) -> Iterator[TargetBatch]:
        return self

    def __next__(self) -> TargetBatch:
        self._last, self._ahead = self._ahead or self._deliver(), None
        return self._last.batch

    def make_ahead(self) -> None:
        """Ask the device for the next batch already, if it makes them.

        A GPU then has that to do while the host reads of the step before and asks for the rest.
        """
        if self._crops is not None and self._ahead is None:
            self._ahead = self._deliver()

    @property
    def waited_s(self) -> float:
        """Seconds that the last batch was waited for, its making on the device included.

        On a GPU this waits until the batch is made, so it is to be read after the step.
        """
        last = self._last
        if last is None:
            return 0.0
        return last.loader_s + (last.making.read_s() if last.making else 0.0)

    def _deliver(self) -> _Delivery:
        asked_s = time.perf_counter()
        delivered = next(self._batches)
        loader_s = time.perf_counter() - asked_s
        if self._crops is None:
            return _Delivery(delivered, loader_s, None)
        making = _Stopwatch(self._device)
        making.start()
        batch = self._crops.make(delivered)
        making.stop()
        return _Delivery(batch, loader_s, making)


class _Stopwatch:
    """Time between two points of a device's work; on the processor, of the host's."""

    def __init__(self, device: torch.device) -> None:
        self._events: tuple[torch.cuda.Event, torch.cuda.Event] | None = None
        if device.type == "cuda":
            self._events = (
                torch.cuda.Event(enable_timing=True),  # type: ignore[no-untyped-call]
                torch.cuda.Event(enable_timing=True),  # type: ignore[no-untyped-call]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    """A batch and what it took. making: None where the loader made it."""

    batch: TargetBatch
    loader_s: float
    making: _Stopwatch | None
