"""The mean of several networks' weights: one network, often better than each of them.

Runs that begin from the same weights and go on differently (other losses, dropout, rates)
end in one valley, and what each learnt by heart of its own cancels out (model soups,
Wortsman et al. 2022, arXiv 2203.05482; what it gives here: docs/findings/training.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from engine.network import BbeNetwork
from engine.training.folding import fold_batch_norm
from engine.training.start import load_onnx_weights


@torch.no_grad()
def take_mean(network: BbeNetwork, others: Sequence[Path]) -> None:
    """Give a folded network the mean of its weights and those of exported models, in place.

    Each counts alike; one that is named twice counts twice. Raises `ModelNotFound`, and
    `ConfigError` where a file has another layout or holds 8-bit weights.
    """
    for count, path in enumerate(others, start=2):
        other = BbeNetwork(network.options)
        fold_batch_norm(other)
        load_onnx_weights(other, path)
        for weight, theirs in zip(network.parameters(), other.parameters(), strict=True):
            weight.lerp_(theirs, 1 / count)
