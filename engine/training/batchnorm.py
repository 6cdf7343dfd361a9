"""Putting batch norm back into weights that came with it folded in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from engine.network import BbeNetwork
from engine.training.folding import conv_norm_pairs, example_input


@torch.no_grad()
def unfold_batch_norm(network: BbeNetwork, images: Sequence[Tensor]) -> None:
    """Give each batch norm the statistics of its input, keeping the function, in place.

    For a convolution output z with channel mean μ and variance v: running_mean = μ,
    running_var = v, weight and bias such that the result stays what it was. All layers are
    measured in one pass over `images` (uint8 (N, H, W, 3) batches), since none changes.
    """
    norms = [
        cast(nn.BatchNorm2d, network.get_submodule(name))
        for _, name in conv_norm_pairs(network, example_input())
    ]
    sums = {norm: _Moments() for norm in norms}
    hooks = [norm.register_forward_pre_hook(_note(sums[norm])) for norm in norms]
    was_training = network.training
    network.eval()
    for batch in images:
        network(batch)
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        _set_statistics(norm, *sums[norm].mean_and_variance())


class _Moments:
    """Running Σz and Σz² per channel, in float64."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = torch.zeros((), dtype=torch.float64)
        self.square = torch.zeros((), dtype=torch.float64)

    def add(self, values: Tensor) -> None:
        flat = values.transpose(0, 1).flatten(1).double()
        self.count += flat.size(1)
        self.sum = self.sum + flat.sum(1)
        self.square = self.square + (flat * flat).sum(1)

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean: Tensor = self.sum / self.count
        return mean, (self.square / self.count - mean * mean).clamp_min(0)


def _note(moments: _Moments) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    def before(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        moments.add(inputs[0])

    return before


def _set_statistics(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """New statistics under which eval mode computes what it did before."""
    if norm.running_mean is None or norm.running_var is None:
        return
    old_scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    mean, variance = mean.to(old_scale.dtype), variance.to(old_scale.dtype)
    norm.bias.add_(old_scale * (mean - norm.running_mean))
    norm.weight.copy_(old_scale * torch.sqrt(variance + norm.eps))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
