"""In which arithmetic a device trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import torch

from engine.training.arithmetic import settle_precision
from engine.training.recipe import Precision, ScheduleOptions, TrainOptions


def settled(device: str, asked: Precision = Precision.AUTO) -> Precision:
    options = TrainOptions(Path(), Path(), ScheduleOptions(images=8))
    return settle_precision(replace(options, device=device, precision=asked)).precision


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ("AVX2", Precision.FLOAT32),
        ("DEFAULT", Precision.FLOAT32),
        ("AVX512", Precision.BF16),
        ("AMX", Precision.BF16),
    ],
)
def test_a_processor_trains_in_the_arithmetic_it_is_quick_in(
    monkeypatch: pytest.MonkeyPatch, capability: str, expected: Precision
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert settled("cpu") is expected


def test_a_gpu_trains_in_bf16_whatever_the_processor_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert settled("cuda") is Precision.BF16


@pytest.mark.parametrize("asked", [Precision.BF16, Precision.FLOAT32])
def test_what_is_asked_for_is_done(asked: Precision) -> None:
    assert settled("cpu", asked) is asked
