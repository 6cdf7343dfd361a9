"""Batches of crops made on the training device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from engine.training.on_device.faults import disturb
from engine.training.on_device.packing import HostArray, Layers, PackedBatch, each_array, pack
from engine.training.on_device.people import Scenes, judge_visible, paste_best
from engine.training.on_device.sampling import sample_layers, to_levels
from engine.training.on_device.stock import Shelf, load_stock
from engine.training.samples import BatchPlan, CropMaker
from engine.training.targets import TargetBatch


@dataclass(frozen=True, eq=False)
class PackedDataset(Dataset[PackedBatch[HostArray]]):
    """Packed plans by batch plan; what the loader's processes do here."""

    maker: CropMaker
    shelf: Shelf

    def __getitem__(self, plan: BatchPlan) -> PackedBatch[HostArray]:
        plans = [self.maker.draw(plan, place) for place in range(len(plan.photos))]
        return pack(plans, self.shelf)


class DeviceCrops:
    """Makes the crops of packed batches; holds all pictures on the device.

    shown: loading them shows a progress bar.
    """

    def __init__(self, maker: CropMaker, device: torch.device, shown: bool = False) -> None:
        self._device = device
        shelf, self._pixels = load_stock(maker.material, device, shown)
        self.dataset = PackedDataset(maker, shelf)

    @torch.no_grad()
    def make(self, packed: PackedBatch[HostArray]) -> TargetBatch:
        """The batch on the device; the host only queues the work and waits for none of it."""
        batch: PackedBatch[Tensor] = each_array(packed, self._upload)
        layers, (ground, *pasted) = batch.layers, batch.rounds
        scenes, opacity = self._scenes(layers, batch.crop_hw)
        made = scenes.at(ground)
        for rows in pasted:
            crops, above = layers.crops[rows], scenes.at(rows)
            order, most = layers.order[rows], layers.most[rows]
            made.put(crops, paste_best(made.at(crops), above, opacity[rows], order, most))
        disturb(made.images, batch.faults)
        return TargetBatch(made.images, made.labels, made.boxes_xyxy, batch.most_people)

    def _upload(self, array: Any) -> Tensor:
        """Through pinned memory: a copy from elsewhere would wait for the device."""
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if self._device.type == "cuda" and tensor.numel():
            tensor = tensor.pin_memory()
        return tensor.to(self._device, non_blocking=True)

    def _scenes(self, layers: Layers[Tensor], crop_hw: tuple[int, int]) -> tuple[Scenes, Tensor]:
        """What the layers show, and its opacity (n, H, W) float32 in 0..1."""
        rgba, labels = sample_layers(self._pixels, layers, crop_hw)
        images = to_levels(rgba[..., :3])
        scenes = Scenes(images, labels, layers.people, layers.boxes_xyxy, layers.expected)
        return judge_visible(scenes, layers.expected), rgba[..., 3] / 255
