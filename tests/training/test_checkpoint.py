"""Checkpoints in pieces."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

import torch

from engine.training import checkpoint
from engine.training.checkpoint import Checkpoint, Progress, load_checkpoint, save_checkpoint

FLOATS = 1000


@pytest.mark.parametrize("limit_bytes", [4 * FLOATS - 1, 4 * FLOATS, 10 * FLOATS, 2**24])
def test_large_networks_are_saved_in_pieces_that_can_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_bytes: int
) -> None:
    monkeypatch.setattr(checkpoint, "PIECE_BYTES", limit_bytes)
    model = {f"layer.{i}.weight": torch.full((FLOATS,), float(i)) for i in range(7)}
    moments = {"exp_avg": {"layer.1.weight": torch.ones(FLOATS)}, "step": {}}
    saved = Checkpoint(Progress(3, 4, 5, 6.0), model, {}, moments, {"options": {}})
    folder = save_checkpoint(tmp_path, saved)
    header_bytes = 1024
    largest = max(file.stat().st_size for file in folder.glob("*.safetensors"))
    assert largest <= max(limit_bytes, 4 * FLOATS) + header_bytes
    loaded = load_checkpoint(tmp_path)
    assert loaded.progress == saved.progress
    assert loaded.ema == {}
    for name, value in model.items():
        torch.testing.assert_close(loaded.model[name], value, rtol=0, atol=0)
    assert loaded.moments["exp_avg"]["layer.1.weight"].sum() == FLOATS
