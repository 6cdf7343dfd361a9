"""Command line of the trainer: options → `TrainOptions`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from engine.errors import ConfigError, EngineError
from engine.training.changes import with_changes
from engine.training.recipe import (
    BatchNormMode,
    Precision,
    ScheduleOptions,
    paper_options,
    plus_options,
)
from engine.training.train import main

app = typer.Typer(add_completion=False)


class Recipe(StrEnum):
    """Named recipes."""

    PAPER = "paper"
    PLUS = "plus"


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Folder of checkpoints and logs.")],
    data: Annotated[
        Path | None,
        typer.Option("--data", "--people", "--coco", help="Folder in COCO layout."),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="Other annotations of the training photos.")
    ] = None,
    recipe: Annotated[Recipe, typer.Option(help="The paper's, or what does better.")] = Recipe.PLUS,
    images: Annotated[int | None, typer.Option(help="Stop after this many pictures.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this much time.")] = None,
    init: Annotated[Path | None, typer.Option(help="Exported .onnx to start from.")] = None,
    teacher: Annotated[Path | None, typer.Option(help="Exported .onnx to learn from too.")] = None,
    backbone: Annotated[str | None, typer.Option(help="timm name.")] = None,
    backbone_weights: Annotated[
        Path | None, typer.Option(help="safetensors in timm naming; else timm's hub.")
    ] = None,
    output_stride: Annotated[int, typer.Option(help="8 or 16.")] = 16,
    aspp: Annotated[bool, typer.Option(help="Atrous spatial pyramid pooling.")] = True,
    batchnorm: Annotated[BatchNormMode | None, typer.Option(help="See docs/training.md.")] = None,
    freeze: Annotated[int | None, typer.Option(help="Backbone stages kept as they are.")] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures per step and process.")] = None,
    sides: Annotated[str | None, typer.Option(help="Long sides of crops, e.g. 417,481.")] = None,
    input_long_side: Annotated[int | None, typer.Option(help="Written into the export.")] = None,
    hold_out: Annotated[bool, typer.Option(help="Leave the tune split out.")] = True,
    seed: Annotated[int, typer.Option()] = 1,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    precision: Annotated[Precision, typer.Option(help="Of the arithmetic.")] = Precision.AUTO,
    workers: Annotated[int, typer.Option(help="Loader processes.")] = 1,
    threads: Annotated[int, typer.Option(help="CPU threads of the network, 0 for all.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="Folder of decoded photos.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    checkpoint_minutes: Annotated[float, typer.Option(help="Time between checkpoints.")] = 4.0,
    changes: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUE", help="Any other option, e.g. loss.giou=0."),
    ] = [],  # noqa: B006 - typer copies it
) -> None:
    """Train a model. A killed run goes on with --resume and the same options.

    With --recipe paper and no length given, the paper's 265,000 steps are trained. --set
    changes one part of a recipe: a field of TrainOptions, or of its schedule, network,
    batch, augment or loss; it may be repeated.
    """
    try:
        if data is None:
            raise ConfigError("No data is given.", "Name the folder with --data or --coco.")
        options = (
            paper_options(data, out, images, minutes)
            if recipe is Recipe.PAPER
            else plus_options(data, out, ScheduleOptions(images=images, minutes=minutes))
        )
        long_sides = _long_sides(sides) if sides else None
        network = replace(options.network, output_stride=output_stride, aspp=aspp)
        options = _changed(
            replace(
                options,
                schedule=_changed(options.schedule, lr=lr),
                batch=_changed(options.batch, size=batch, long_sides=long_sides),
                network=_changed(network, backbone=backbone),
                annotations=annotations,
                init=init,
                teacher=teacher,
                backbone_weights=backbone_weights,
                hold_out=hold_out,
                seed=seed,
                device=device,
                precision=precision,
                workers=workers,
                threads=threads,
                cache=cache,
                resume=resume,
                checkpoint_minutes=checkpoint_minutes,
                command=shlex.join(sys.argv),
            ),
            batchnorm=batchnorm,
            freeze=freeze,
            input_long_side=input_long_side,
        )
        main(with_changes(options, changes))
    except EngineError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error


def _long_sides(text: str) -> tuple[int, ...]:
    """Numbers between commas. Raises `ConfigError`."""
    try:
        return tuple(int(side) for side in text.split(","))
    except ValueError:
        raise ConfigError(f"{text!r} are no sides.", "Write them as 417,481.") from None


def _changed(options: Any, **values: Any) -> Any:
    """The options with every value that was given."""
    return replace(options, **{k: v for k, v in values.items() if v is not None})


if __name__ == "__main__":
    app()
