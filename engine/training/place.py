"""Where the crops of a run are made: by the loader's processes, or on the training device."""

from __future__ import annotations

import json
from dataclasses import replace

import torch

from engine.errors import ConfigError
from engine.training.checkpoint import latest_checkpoint
from engine.training.distributed import Team
from engine.training.material import Material
from engine.training.on_device.stock import free_bytes, needed_bytes
from engine.training.recipe import AugmentOn, TrainOptions

GIB = 2**30


def settle_place(options: TrainOptions, material: Material, team: Team) -> TrainOptions:
    """The options with `augment_on` "device" or "loader", the same in all processes.

    "auto" is where an earlier part of the run made its crops, so that it goes on exactly;
    else the device if that is a GPU. Where all pictures need more than `augment_memory` of
    its free memory, "auto" becomes "loader" with a printed line, and "device" raises
    `ConfigError`.
    """
    asked: AugmentOn = options.augment_on
    if asked == "auto":
        usual: AugmentOn = "device" if options.device.startswith("cuda") else "loader"
        asked = _earlier_place(options) or usual
    if asked == "device":
        device = torch.device(options.device)
        needed, free = needed_bytes(material), free_bytes(device)
        if not team.all_say(needed <= free * options.augment_memory):
            found = (
                f"All pictures need {needed / GIB:.2f} GiB, more than {options.augment_memory:.0%} "
                f"of the {free / GIB:.2f} GiB that are free on {options.device}."
            )
            if options.augment_on == "device":
                hint = "Give a larger share with --set augment_memory=0.8, or augment_on=loader."
                raise ConfigError(found, hint)
            if team.leads:
                print(f"{found} The loader makes the crops.", flush=True)
            asked = "loader"
    return replace(options, augment_on=asked)


def _earlier_place(options: TrainOptions) -> AugmentOn | None:
    """Where the run that is resumed made its crops; None for a new run."""
    folder = latest_checkpoint(options.out) if options.resume else None
    if folder is None:
        return None
    try:
        saved = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):  # told when the checkpoint itself is read
        return None
    return "device" if saved["options"].get("augment_on") == "device" else "loader"
