"""The mean of several networks' weights."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

import torch

from engine.errors import ConfigError
from engine.network import NetworkOptions
from engine.training.export import ExportOptions, export_network
from engine.training.mean_weights import take_mean
from tests.training.test_network import SMALL, folded_network

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's, about its exporter


def exported(folder: Path, seed: int, options: NetworkOptions = SMALL) -> Path:
    path = folder / f"{seed}.onnx"
    export_network(folded_network(options, seed), path, ExportOptions(), 97)
    return path


def test_a_file_named_twice_counts_twice(tmp_path: Path) -> None:
    first, second = exported(tmp_path, 1), exported(tmp_path, 2)
    mean = folded_network(seed=0)
    take_mean(mean, [first, second, second])
    of_each = (dict(folded_network(seed=seed).named_parameters()) for seed in (0, 1, 2, 2))
    expected = [sum(weights) / 4 for weights in zip(*(e.values() for e in of_each), strict=True)]
    for weight, wanted in zip(mean.parameters(), expected, strict=True):
        torch.testing.assert_close(weight, wanted, rtol=1e-4, atol=1e-6)


def test_a_file_of_another_layout_is_a_clear_error(tmp_path: Path) -> None:
    wider = exported(tmp_path, 1, NetworkOptions(width=32, skip_width=8))
    with pytest.raises(ConfigError, match="another layout"):
        take_mean(folded_network(), [wider])
