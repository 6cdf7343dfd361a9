"""Checkpoints as folders of safetensors files: no pickle, each file small enough to move.

A folder is written under another name and renamed, so a kill never leaves a half one.
`model` holds the weights, `ema` their running mean, `adam-*` the optimizer's moments,
`state.json` the counters, the options, the exact command and the commit. What is larger
than PIECE_BYTES lies in several files: `model.0`, `model.1`, …
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.errors import ModelCorrupt, ModelNotFound
from engine.network import NetworkOptions

KEPT = 2
PIECE_BYTES = 16 * 2**20 - 2**17
"""Of the tensors in one file; its header comes on top."""

Moments = dict[str, dict[str, Tensor]]


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: optimizer steps, batches planned, pictures seen, seconds spent."""

    step: int = 0
    batch: int = 0
    images: int = 0
    elapsed_s: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A run at one moment. ema is empty where no mean is kept."""

    progress: Progress
    model: dict[str, Tensor]
    ema: dict[str, Tensor]
    moments: Moments
    about: dict[str, Any]

    @property
    def network_options(self) -> NetworkOptions:
        """What the network was built of."""
        return NetworkOptions(**self.about["options"]["network"])

    @property
    def folded(self) -> bool:
        """True where the weights have no batch norm."""
        return bool(self.about["folded"])


def save_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:
    """Write `run/step-00001234` and remove all but the newest two."""
    target = run / f"step-{checkpoint.progress.step:08d}"
    partial = run / f".{target.name}.part"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors = {"model": checkpoint.model, "ema": checkpoint.ema}
    for moment, values in checkpoint.moments.items():
        tensors[f"adam-{moment}"] = values
    for name, values in tensors.items():
        for piece, part in _pieces(name, values):
            save_file(part, partial / f"{piece}.safetensors")
    state = {"progress": dataclasses.asdict(checkpoint.progress), **checkpoint.about}
    (partial / "state.json").write_text(json.dumps(state, indent=1, default=str))
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    for old in sorted(run.glob("step-*"))[:-KEPT]:
        shutil.rmtree(old)
    return target


def _pieces(name: str, values: dict[str, Tensor]) -> list[tuple[str, dict[str, Tensor]]]:
    """File name and tensors of each piece of at most PIECE_BYTES, or of one tensor."""
    pieces: list[dict[str, Tensor]] = [{}]
    size = 0
    for key, value in values.items():
        size += value.nbytes
        if size > PIECE_BYTES and pieces[-1]:
            pieces.append({})
            size = value.nbytes
        pieces[-1][key] = value.detach().contiguous()
    if len(pieces) == 1:
        return [(name, pieces[0])]
    return [(f"{name}.{i}", piece) for i, piece in enumerate(pieces)]


def latest_checkpoint(run: Path) -> Path | None:
    """Newest complete checkpoint folder of a run."""
    return max(run.glob("step-*"), default=None)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint folder, or the newest one of a run's folder.

    Raises `ModelNotFound` where there is none, `ModelCorrupt` where it cannot be read.
    """
    folder = path if (path / "state.json").is_file() else latest_checkpoint(path)
    if folder is None:
        raise ModelNotFound(f"{path} holds no checkpoint.", "Give the --out folder of a run.")
    try:
        state = json.loads((folder / "state.json").read_text())
        tensors: dict[str, dict[str, Tensor]] = {}
        for file in folder.glob("*.safetensors"):
            tensors.setdefault(file.name.split(".")[0], {}).update(load_file(file))
    except (OSError, ValueError) as error:
        raise ModelCorrupt(f"{folder} cannot be read: {error}", "Use an older one.") from error
    moments = {k.removeprefix("adam-"): v for k, v in tensors.items() if k.startswith("adam-")}
    progress = Progress(**state.pop("progress"))
    return Checkpoint(progress, tensors["model"], tensors["ema"], moments, state)


def optimizer_moments(optimizer: torch.optim.Optimizer, network: nn.Module) -> Moments:
    """The optimizer's tensors by kind and parameter name."""
    moments: Moments = {}
    for name, parameter in network.named_parameters():
        for kind, value in optimizer.state.get(parameter, {}).items():
            moments.setdefault(kind, {})[name] = torch.as_tensor(value)
    return moments


def restore_moments(optimizer: torch.optim.Optimizer, network: nn.Module, moments: Moments) -> None:
    """Put `optimizer_moments` back."""
    for name, parameter in network.named_parameters():
        found = {kind: values[name] for kind, values in moments.items() if name in values}
        if found:
            optimizer.state[parameter].update(
                {
                    kind: value if kind == "step" else value.to(parameter.device)
                    for kind, value in found.items()
                }
            )


def current_commit() -> str:
    """Commit of the code that runs, with "+" where the tree has changes; "" outside git."""
    folder = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()
