"""What each part of the recipe "plus" gives: short runs that leave out one part each.

Every row is trained by `engine.training.train` in a process of its own, from the same
start, on the same photos in the same order, for the same number of pictures, and measured
from its exported file by the application's own runtime and grouping.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import GroupOptions
from engine.errors import ConfigError, EngineError
from engine.training.checkpoint import load_checkpoint
from engine.training.eval_options import EvalOptions, every_person
from engine.training.eval_tables import as_json
from engine.training.evaluate import evaluate
from engine.training.export import ExportOptions, export_checkpoint

SPLITS = ("tune", "val")
GROUPINGS = {"shipped": every_person(), "paper": GroupOptions.paper()}
PLUS = "plus"


class RowFailed(EngineError):
    """The training of a row ended with an error."""


@dataclass(frozen=True, slots=True)
class Row:
    """title: of the table. arguments: of the trainer, what is other than in "plus".
    output_strides: at which the trained weights are measured; training is at 16.
    """

    title: str
    arguments: tuple[str, ...] = ()
    output_strides: tuple[int, ...] = (16,)


def _without(*changes: str) -> tuple[str, ...]:
    return tuple(part for change in changes for part in ("--set", change))


ROWS = {
    PLUS: Row("plus", output_strides=(16, 8)),
    "adamw": Row(
        "AdamW for all, backbone half", _without("schedule.muon=0", "schedule.backbone_factor=0.5")
    ),
    "no-quality": Row("person map asks 1 everywhere", _without("loss.quality_floor=1")),
    "cells": Row("person map judged at cells", _without("loss.at_pixels=false")),
    "no-giou": Row("L1 of weight 1 alone, no GIoU", _without("loss.giou=0", "loss.l1=1")),
    "no-balance": Row("people weigh their pixels", _without("loss.balance_people=false")),
    "no-dice": Row("no dice", _without("loss.dice=0")),
    "no-people-dice": Row("no dice by the head", _without("loss.people_dice=0")),
    "no-assignment": Row("boxes need not tell people apart", _without("loss.assignment=0")),
    "no-paste": Row(
        "no pasted people, no rooms", _without("augment.paste=0", "batch.room_share=0")
    ),
    "no-photometric": Row(
        "no colour, blur, noise, low light",
        _without("augment.colour=0", "augment.degrade=0", "augment.low_light=0"),
    ),
    "no-ema": Row("last weights, not their mean", _without("schedule.ema=0")),
    "batchnorm": Row("batch norm unfolded and trained", ("--batchnorm", "unfold")),
    "step-decay": Row("rate falls to a tenth at 70 %", _without("schedule.decay=step")),
    "paper": Row(
        "the paper's losses, crops and schedule",
        (
            *("--recipe", "paper", "--backbone", "mobilenetv2_100", "--batchnorm", "folded"),
            *("--freeze", "2"),
            *_without("network.width=192", "network.skip_width=32", "only_people=false"),
            # The paper's 0.5 to 1.5 on crops of 801, in proportion to crops of 417.
            *_without("augment.scale=[0.26, 0.78]"),
        ),
    ),
    "no-aspp": Row("no ASPP", ("--no-aspp",), output_strides=(16, 8)),
    "seed-2": Row("plus, another seed: what is chance", ("--seed", "2")),
}


@dataclass(frozen=True, slots=True)
class AblationOptions:
    """data: COCO layout. out: a file and a folder per row. start: backbone's state dict.

    images: that each row sees. long_side: of the crops and of the measured input. batch:
    pictures per step. cache: of the decoded photos, shared by the rows. extra: arguments
    of the trainer for all rows. max_photos: measured per split, None for all.
    """

    data: Path
    out: Path
    start: Path
    images: int
    long_side: int = 417
    batch: int = 8
    cache: Path | None = None
    extra: tuple[str, ...] = ()
    max_photos: int | None = None

    @property
    def photo_cache(self) -> Path:
        """Folder of the decoded photos."""
        return self.cache or self.out / "cache"


def train_arguments(name: str, options: AblationOptions) -> list[str]:
    """The command line of the trainer for one row."""
    return [
        *("--people", str(options.data), "--out", str(options.out / name)),
        *("--backbone-weights", str(options.start), "--images", str(options.images)),
        *("--sides", str(options.long_side), "--input-long-side", str(options.long_side)),
        *("--batch", str(options.batch), "--cache", str(options.photo_cache)),
        *("--threads", "1", "--resume"),
        *ROWS[name].arguments,
        *options.extra,
    ]


def finished(name: str, options: AblationOptions) -> dict[str, Any] | None:
    """The result of a row that was run before with the same options, None where none was.

    Raises `ConfigError` where it was run with others.
    """
    file = options.out / f"{name}.json"
    if not file.is_file():
        return None
    result: dict[str, Any] = json.loads(file.read_text())
    if result["arguments"] != train_arguments(name, options):
        raise ConfigError(
            f"{file} holds a run with other options.", "Name another --out, or remove it."
        )
    return result


def run_row(name: str, options: AblationOptions) -> dict[str, Any]:
    """Train, export and measure one row; the result is also written to `out`/NAME.json.

    Goes on where it was stopped. Raises `EngineError`.
    """
    folder = options.out / name
    folder.mkdir(parents=True, exist_ok=True)
    arguments = train_arguments(name, options)
    _train(arguments, folder / "train.log")
    trained = load_checkpoint(folder)
    result = {
        "row": name,
        "title": ROWS[name].title,
        "arguments": arguments,
        "commit": trained.about["commit"],
        "images": trained.progress.images,
        "minutes": trained.progress.elapsed_s / 60,
        "measured": {
            str(stride): _measure(name, stride, options) for stride in ROWS[name].output_strides
        },
    }
    (options.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    return result


def _train(arguments: list[str], log: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with log.open("ab") as file:
        ended = subprocess.run(
            [sys.executable, "-m", "engine.training.train", *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
    if ended.returncode:
        said = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise RowFailed(f"Training ended with {ended.returncode}: {' '.join(said)}", f"See {log}.")


def _measure(name: str, stride: int, options: AblationOptions) -> dict[str, Any]:
    """Numbers by split and grouping of a row's weights at one output stride."""
    model = options.out / name / f"stride-{stride}.onnx"
    export_checkpoint(
        options.out / name, model, ExportOptions(name=f"{name}-{stride}", output_stride=stride)
    )
    return {
        split: {
            grouping: as_json(
                evaluate(
                    EvalOptions(
                        options.data,
                        str(model),
                        split,
                        (options.long_side,),
                        threads=1,
                        group=group,
                        max_photos=options.max_photos,
                    )
                )
            )["sizes"][0]
            for grouping, group in GROUPINGS.items()
        }
        for split in SPLITS
    }
