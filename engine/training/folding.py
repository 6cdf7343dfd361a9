"""Batch norm folded into the convolutions, and the convolutions of a network in order.

Batch norm has three states. As built: separate layers with statistics. Folded: every
convolution carries its scale and bias, no batch norm is left (smaller and faster; what the
exported file holds). Unfolded: batch norms put back without changing the function, so that
training normalises again (`engine.training.batchnorm`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from engine.errors import ConfigError
from engine.network import BbeNetwork


def conv_norm_pairs(network: nn.Module, example: Tensor) -> list[tuple[str, str]]:
    """Names of each convolution and of the batch norm fed by it, in execution order."""
    names = {module: name for name, module in network.named_modules()}
    made_by: dict[int, str] = {}
    kept: list[Tensor] = []
    pairs: list[tuple[str, str]] = []

    def after(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            made_by[id(output)] = names[module]
            kept.append(output)  # or its id could be given to another tensor
        elif id(inputs[0]) in made_by:
            pairs.append((made_by[id(inputs[0])], names[module]))

    _run_with_hooks(network, example, (nn.Conv2d, nn.BatchNorm2d), after)
    return pairs


def convolutions_in_order(network: nn.Module, example: Tensor) -> list[nn.Conv2d]:
    """All convolutions in execution order, the order of `Conv` nodes in an exported graph."""
    convolutions: list[nn.Conv2d] = []

    def after(module: nn.Module, _inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        convolutions.append(cast(nn.Conv2d, module))

    _run_with_hooks(network, example, (nn.Conv2d,), after)
    return convolutions


def _run_with_hooks(
    network: nn.Module,
    example: Tensor,
    kinds: tuple[type[nn.Module], ...],
    after: Callable[[nn.Module, tuple[Tensor, ...], Tensor], None],
) -> None:
    hooks = [m.register_forward_hook(after) for m in network.modules() if isinstance(m, kinds)]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(example)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()


def example_input(size_hw: tuple[int, int] = (65, 65)) -> Tensor:
    """A small grey picture, for tracing."""
    return torch.full((1, *size_hw, 3), 127, dtype=torch.uint8)


def fold_batch_norm(network: BbeNetwork) -> None:
    """Fold every batch norm into its convolution, in place; the function stays the same."""
    for conv_name, norm_name in conv_norm_pairs(network, example_input()):
        conv = cast(nn.Conv2d, network.get_submodule(conv_name))
        norm = cast(nn.BatchNorm2d, network.get_submodule(norm_name))
        if norm.running_mean is None or norm.running_var is None:
            raise ConfigError(f"Batch norm {norm_name} has no running statistics.")
        scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
        before = conv.bias.detach() if conv.bias is not None else torch.zeros_like(scale)
        bias = norm.bias.detach() + (before - norm.running_mean) * scale
        conv.weight = nn.Parameter(conv.weight.detach() * scale.view(-1, 1, 1, 1))
        conv.bias = nn.Parameter(bias)
        # timm's BatchNormAct2d holds its activation, which stays; a plain one leaves nothing.
        network.set_submodule(norm_name, getattr(norm, "act", nn.Identity()))
