"""The optimizer of a run: Muon for the pointwise convolutions, AdamW for everything else.

Nearly all weights of the network are matrices, those of its 1×1 convolutions. Muon (Jordan
2024, kellerjordan.github.io/posts/muon; `torch.optim.Muon`) moves such a matrix equally far in
all its directions, where AdamW follows the few that have large gradients, and reaches the same
loss with far fewer pictures (docs/findings/training.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.network import BbeNetwork
from engine.training.recipe import Precision, TrainOptions

SMALLEST_MATRIX = 16
"""Convolutions with fewer channels on a side are left to AdamW: the heads."""

Groups = list[dict[str, Any]]


class MuonAdamW(torch.optim.Optimizer):
    """Both optimizers as one; state and groups are those of the two.

    matrices, others: parameter groups, of 1×1 convolutions and of the rest. Muon knows only
    matrices, so it works on views of the convolutions' weights. Its rate means what AdamW's
    does: steps of the same size. single_precision: Muon calculates in float32 instead of
    bfloat16, which processors without instructions for it are slow in (docs/training.md).
    """

    def __init__(
        self, matrices: Groups, others: Groups, lr: float, single_precision: bool = False
    ) -> None:
        super().__init__([*matrices, *others], {"lr": lr})
        self._flat = {p: _flat(p) for group in matrices for p in group["params"]}
        flat_groups = [{**g, "params": [self._flat[p] for p in g["params"]]} for g in matrices]
        self._muon = torch.optim.Muon(flat_groups, lr=lr, adjust_lr_fn="match_rms_adamw")
        self._adamw = torch.optim.AdamW(others, lr=lr)
        self._arithmetic = _SinglePrecision if single_precision else nullcontext
        self.param_groups = [*self._muon.param_groups, *self._adamw.param_groups]
        self.state = self._adamw.state
        for parameter, flat in self._flat.items():
            self.state[parameter] = self._muon.state[flat]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients; the groups hold the views, not the convolutions' weights."""
        super().zero_grad(set_to_none)
        for parameter in self._flat:
            parameter.grad = None

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of each; parameters without a gradient stay."""
        loss = closure() if closure is not None else None
        for parameter, flat in self._flat.items():
            gradient = parameter.grad
            flat.grad = None if gradient is None else gradient.reshape(flat.shape)
        with self._arithmetic():
            self._muon.step()
        self._adamw.step()
        return loss


class _SinglePrecision(TorchFunctionMode):
    """What would be converted to bfloat16 becomes float32; `torch.optim.Muon` leaves no choice."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("dtype") is torch.bfloat16:
            kwargs = {**kwargs, "dtype": torch.float32}
        return func(*args, **kwargs)


def _flat(parameter: nn.Parameter) -> nn.Parameter:
    """The same memory as a matrix (out, in)."""
    return nn.Parameter(parameter.detach().view(parameter.shape[0], parameter.shape[1]))


def make_optimizer(network: BbeNetwork, options: TrainOptions) -> torch.optim.Optimizer:
    """The optimizer that `options.schedule` asks for, for all that is not frozen.

    The network's weights must lie where they stay: on the device, in their memory format.
    Each group has "factor", its share of the rate: `backbone_factor` for the backbone, times
    `muon` for matrices. Weight decay is for weights, not for biases and norms.
    """
    schedule = options.schedule
    matrices: dict[tuple[float, float], list[nn.Parameter]] = {}
    others: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        factor = schedule.backbone_factor if name.startswith("backbone.") else 1.0
        decay = schedule.weight_decay if parameter.ndim > 1 else 0.0
        if schedule.muon and _is_matrix(parameter):
            matrices.setdefault((factor * schedule.muon, decay), []).append(parameter)
        else:
            others.setdefault((factor, decay), []).append(parameter)
    if not matrices:
        return torch.optim.AdamW(_as_groups(others), lr=schedule.lr)
    single = options.precision is Precision.FLOAT32
    return MuonAdamW(_as_groups(matrices), _as_groups(others), schedule.lr, single)


def _is_matrix(parameter: nn.Parameter) -> bool:
    return (
        parameter.ndim == 4
        and tuple(parameter.shape[2:]) == (1, 1)
        and min(parameter.shape[:2]) >= SMALLEST_MATRIX
    )


def _as_groups(parameters: dict[tuple[float, float], list[nn.Parameter]]) -> Groups:
    return [{"params": p, "factor": f, "weight_decay": d} for (f, d), p in parameters.items()]
