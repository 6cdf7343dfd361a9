"""Command line of relabelling.

    python -m engine.training.relabel --people ../shared/data/people --model MODEL \\
        --out runs/relabelled.json
    python -m engine.training.train … --annotations runs/relabelled.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from engine.errors import EngineError
from engine.training.box_masks import BoxMaskOptions
from engine.training.changes import with_changes
from engine.training.drawn_people import quality_table
from engine.training.relabelling import RelabelOptions, relabel

app = typer.Typer(add_completion=False)


@app.command()
def main(
    data: Annotated[
        Path, typer.Option("--data", "--people", "--coco", help="Folder in COCO layout.")
    ],
    out: Annotated[Path, typer.Option(help="The annotation file to write.")],
    model: Annotated[str, typer.Option(help="Name or .onnx file; the default one.")] = "",
    long_side: Annotated[int | None, typer.Option(help="Of the input; the model's own.")] = None,
    threads: Annotated[int, typer.Option(help="Of the network, 0: one per core.")] = 0,
    max_photos: Annotated[int | None, typer.Option(help="Only the first so many.")] = None,
    changes: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUE", help="E.g. sure=0.6; see BoxMaskOptions."),
    ] = [],  # noqa: B006 - typer copies it
) -> None:
    """Give people whose masks came from another network masks by ours.

    Prints how well masks found this way match those drawn by hand.
    """
    console = Console(soft_wrap=True, highlight=False)
    try:
        masks = with_changes(BoxMaskOptions(), changes)
        options = RelabelOptions(data, out, model, long_side, threads, masks, max_photos)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("relabelling", total=None)
            report = relabel(
                options, lambda done, total: progress.update(task, completed=done, total=total)
            )
    except EngineError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    console.print(quality_table(report.drawn, masks.min_fit), markup=False)
    console.print(f"{out}: {report.replaced} masks replaced, {report.kept} kept.", markup=False)


if __name__ == "__main__":
    app()
