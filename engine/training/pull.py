"""A backbone that is held to where it came from, so that few photos are not learnt by heart.

L2-SP (Li et al. 2018, arXiv 1802.01483): what decays is not the weights but their distance from
those of a network that has seen far more (docs/findings/training.md, Held to where it came from).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.network import BbeNetwork
from engine.training.recipe import TrainOptions
from engine.training.start import pretrained_backbone


class Pull:
    """Pulls what is trained of the backbone towards `backbone_weights`."""

    def __init__(self, network: BbeNetwork, options: TrainOptions) -> None:
        earlier = pretrained_backbone(options)
        self._strength = options.schedule.pull
        self._pairs: list[tuple[nn.Parameter, Tensor]] = [
            (weight, earlier[name].detach().to(weight.device))
            for name, weight in network.backbone.named_parameters()
            if weight.requires_grad
        ]

    @torch.no_grad()
    def __call__(self, lr: float) -> None:
        """After a step at that rate: back by `schedule.pull` times it of the distance."""
        for weight, earlier in self._pairs:
            weight.lerp_(earlier, min(1.0, lr * self._strength))
