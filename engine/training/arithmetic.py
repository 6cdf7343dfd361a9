"""Which arithmetic a run calculates in, where its options leave that open."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.training.recipe import Precision, TrainOptions


def settle_precision(options: TrainOptions) -> TrainOptions:
    """The options with `precision` "bf16" or "float32".

    "auto" is bf16 on GPUs and on processors with AVX-512 or AMX. Elsewhere PyTorch has no quick
    convolutions in bf16: with AVX2 alone a first step takes ten times as long.
    """
    if options.precision is not Precision.AUTO:
        return options
    quick = not options.device.startswith("cpu") or cpu_is_quick_in_bf16()
    return replace(options, precision=Precision.BF16 if quick else Precision.FLOAT32)


def cpu_is_quick_in_bf16() -> bool:
    """True where oneDNN has convolutions in bf16 for this processor."""
    return torch.backends.cpu.get_cpu_capability().startswith(("AVX512", "AMX"))
