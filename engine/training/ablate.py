"""Command line of the ablation.

    python -m engine.training.ablate --people ../shared/data/people --out runs/ablation \\
        --backbone-weights ../shared/data/backbones/NAME.safetensors --images 4000 --jobs 2
"""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Annotated, Any

import psutil
import torch
import typer
from rich.console import Console

from engine.errors import ConfigError, EngineError
from engine.training.ablation import ROWS, AblationOptions, finished, run_row
from engine.training.ablation_table import ablation_markdown
from engine.training.crops import make_crops
from engine.training.recipe import ScheduleOptions, plus_options

app = typer.Typer(add_completion=False)


@app.command()
def ablate(
    out: Annotated[Path, typer.Option(help="Folder of the results, a file per row.")],
    data: Annotated[
        Path, typer.Option("--data", "--people", "--coco", help="Folder in COCO layout.")
    ],
    backbone_weights: Annotated[Path, typer.Option(help="State dict that every row starts from.")],
    images: Annotated[int, typer.Option(help="Pictures that every row sees.")],
    rows: Annotated[str, typer.Option(help=f"Which, of {','.join(ROWS)}.")] = ",".join(ROWS),
    sides: Annotated[int, typer.Option(help="Long side of crops and measured input.")] = 417,
    batch: Annotated[int, typer.Option(help="Pictures per step.")] = 8,
    jobs: Annotated[int, typer.Option(help="Rows at a time, a thread each.")] = 2,
    cache: Annotated[Path | None, typer.Option(help="Folder of decoded photos.")] = None,
    max_photos: Annotated[int | None, typer.Option(help="Measured per split; all.")] = None,
    extra: Annotated[
        list[str] | None,
        typer.Argument(help="After --: options of the trainer for all rows.", metavar="-- OPTIONS"),
    ] = None,
) -> None:
    """Train the recipe with one part left out at a time, and measure each.

    Rows that are finished are not run again, one that was stopped goes on. Writes OUT/NAME.json
    per row and OUT/ablation.json and OUT/ablation.md with all of them.
    """
    console = Console(soft_wrap=True, highlight=False)
    options = AblationOptions(
        data, out, backbone_weights, images, sides, batch, cache, tuple(extra or ()), max_photos
    )
    try:
        failed = run_rows(rows.split(","), options, jobs, console)
    except EngineError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    table = (out / "ablation.md").read_text(encoding="utf-8")
    console.print(table, markup=False)
    raise typer.Exit(1 if failed else 0)


def run_rows(names: list[str], options: AblationOptions, jobs: int, console: Console) -> list[str]:
    """Run what is not finished, `jobs` at a time; returns the names of rows that failed.

    Raises `EngineError` where nothing can be run.
    """
    unknown = set(names) - set(ROWS)
    if unknown:
        raise ConfigError(f"There is no row {min(unknown)!r}.", f"There are {', '.join(ROWS)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    waiting = [name for name in names if finished(name, options) is None]
    if waiting:
        _decode_photos(options)
    failed = []
    # Not forked: PyTorch's threads do not survive it.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin_worker) as pool:
        running: dict[Future[dict[str, Any]], str] = {
            pool.submit(run_row, name, options): name for name in waiting
        }
        for done in as_completed(running):
            error = done.exception()
            if error is None:
                console.print(f"{running[done]}: {done.result()['minutes']:.1f} minutes")
                write_tables(options)
            elif isinstance(error, EngineError):
                failed.append(running[done])
                console.print(f"{running[done]}: {error}", style="red", markup=False)
            else:
                raise error
    write_tables(options)
    return failed


def _begin_worker() -> None:
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Stop this worker and its training when the command itself is killed."""
    command = parent_process()
    if command is None:
        return
    command.join()
    for child in psutil.Process().children(recursive=True):
        child.terminate()
    os._exit(1)


def _decode_photos(options: AblationOptions) -> None:
    """Fill the cache before several rows would try at once."""
    plus = plus_options(options.data, options.out, ScheduleOptions(images=1))
    make_crops(replace(plus, cache=options.photo_cache))


def write_tables(options: AblationOptions) -> None:
    """All finished rows as ablation.json and ablation.md."""
    found = (finished(name, options) for name in ROWS)
    results = [result for result in found if result is not None]
    content = {"options": asdict(options), "rows": results}
    (options.out / "ablation.json").write_text(json.dumps(content, indent=1, default=str) + "\n")
    (options.out / "ablation.md").write_text(ablation_markdown(results), encoding="utf-8")


if __name__ == "__main__":
    app()
