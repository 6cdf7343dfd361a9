"""What a run tells: a progress line, TensorBoard scalars, and pictures of what it sees."""

from __future__ import annotations

import math
import time
from types import TracebackType

import cv2
import numpy as np
import torch
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from engine.network import BbeNetwork
from engine.training.checkpoint import Progress
from engine.training.loss import LossTerms
from engine.training.recipe import TrainOptions
from engine.training.targets import TargetBatch, build_targets, decode_boxes
from engine.types import UInt8Array

LOG_STEPS = 20


class RunReport:
    """Tells of one run; a context manager that does nothing where not enabled.

    shown: the photos of the picture grid.
    """

    def __init__(
        self, options: TrainOptions, network: BbeNetwork, shown: TargetBatch, enabled: bool
    ) -> None:
        self._options, self._network, self._shown = options, network, shown
        self._enabled = enabled
        self._sums: dict[str, Tensor] = {}
        self._summed = 0
        self._since: tuple[float, int] | None = None
        self._waited_s = 0.0
        self._pictured_s = -1e9
        self._bar = Bar(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), disable=not enabled
        )
        self._task: TaskID | None = None

    def __enter__(self) -> RunReport:
        if self._enabled:
            self._writer = SummaryWriter(str(self._options.out / "tensorboard"))
            self._bar.start()
            self._task = self._bar.add_task("starting", total=1.0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._enabled:
            self._bar.stop()
            self._writer.close()

    def step(
        self,
        progress: Progress,
        terms: LossTerms,
        norm: float,
        rate: float,
        share: float,
        waited_s: float,
    ) -> None:
        """Take note of one optimizer step; waited_s: seconds it had to wait for its batch."""
        if not self._enabled:
            return
        if self._since is None:  # the first step starts the clock, its wait lies before
            self._since = (time.monotonic(), progress.images)
        else:
            self._waited_s += waited_s
        for name, value in terms.items().items():
            self._add(name, value)
        self._summed += 1
        finite = math.isfinite(norm)
        self._add("gradient_norm", torch.tensor(norm if finite else 0.0))
        self._add("left_out", torch.tensor(0.0 if finite else 1.0))
        if progress.step % LOG_STEPS == 0:
            self._log(progress, rate, share)
        if progress.elapsed_s - self._pictured_s > self._options.picture_minutes * 60:
            self._pictured_s = progress.elapsed_s
            self._draw(progress)

    def _add(self, name: str, value: Tensor) -> None:
        """Sums stay on the device: reading each step's would make the GPU wait."""
        self._sums[name] = self._sums[name] + value if name in self._sums else value

    def _log(self, progress: Progress, rate: float, share: float) -> None:
        now, images = time.monotonic(), progress.images
        since_s, since_images = self._since or (now, images)
        seconds = max(now - since_s, 1e-9)
        speed, waiting = (images - since_images) / seconds, self._waited_s / seconds
        self._since, self._waited_s = (now, images), 0.0
        means = {name: float(value) / self._summed for name, value in self._sums.items()}
        self._sums.clear()
        self._summed = 0
        for name, value in means.items():
            self._writer.add_scalar(f"train/{name}", value, images)
        self._writer.add_scalar("train/rate", rate, images)
        self._writer.add_scalar("train/images_per_s", speed, images)
        self._writer.add_scalar("train/waiting_share", waiting, images)
        text = " ".join(f"{name} {value:.3f}" for name, value in means.items())
        busy = gpu_utilisation(self._options.device)
        if busy is not None:
            self._writer.add_scalar("train/gpu_utilisation", busy, images)
            text = f"GPU {busy:.0%}, {text}"
        line = f"{images} images, {speed:.2f}/s, {share:.1%}, waiting {waiting:.0%}, {text}"
        if self._task is not None:
            self._bar.update(self._task, completed=min(share, 1.0), description=line)
        if not self._bar.console.is_terminal:
            print(line, flush=True)

    def _draw(self, progress: Progress) -> None:
        """The same photos every time: people, person map, and mean box of each person."""
        grid = picture_grid(self._network, self._shown, self._options.device)
        self._writer.add_image("held_out", grid, progress.images, dataformats="HWC")


def gpu_utilisation(device: str) -> float | None:
    """Share of the last second in which the GPU worked; None where NVML does not tell.

    NVML is reached through the package nvidia-ml-py.
    """
    if not device.startswith("cuda"):
        return None
    try:
        from pynvml import NVMLError
    except ImportError:
        return None
    try:
        return torch.cuda.utilization(device) / 100
    except (NVMLError, RuntimeError):
        return None


@torch.no_grad()
def picture_grid(network: BbeNetwork, batch: TargetBatch, device: str) -> UInt8Array:
    """(rows, columns, 3) uint8 RGB: crops, wanted people, person map, mean box per person."""
    was_training = network.training
    network.eval()
    logits, deltas = network(batch.images.to(device))
    network.train(was_training)
    targets = build_targets(batch)
    boxes = decode_boxes(deltas.cpu().float())
    rows = []
    for i in range(min(4, len(batch.images))):
        image = batch.images[i].numpy()
        person = targets.person[i].numpy().astype(np.uint8) * 255
        chance = (torch.sigmoid(logits[i, 0]).cpu().numpy() * 255).astype(np.uint8)
        drawn = image.copy()
        for owner in set(targets.owner[i].flatten().tolist()) - {-1}:
            box = boxes[i][targets.owner[i] == owner].mean(0).round().int().tolist()
            cv2.rectangle(drawn, box[:2], box[2:], (255, 220, 0), 2)
        maps = [_as_picture(person, image), _as_picture(chance, image)]
        rows.append(np.hstack([image, *maps, drawn]))
    return np.asarray(np.vstack(rows), np.uint8)


def _as_picture(grid: UInt8Array, image: UInt8Array) -> UInt8Array:
    size_wh = (image.shape[1], image.shape[0])
    grown = cv2.resize(grid, size_wh, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(grown, cv2.COLOR_GRAY2RGB), np.uint8)
