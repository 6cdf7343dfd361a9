"""Command line that fits the confidence curve to a model.

    python -m engine.training.calibrate --people ../shared/data/people --model bbe-mnv2-int8

What it prints goes into SCORE_MIDDLE, SCORE_WIDTH and SCORE_CELLS of `engine/kernels/reference.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from engine.config import GroupOptions, RuntimeOptions
from engine.errors import EngineError
from engine.group import bring_to_frame, group_cells
from engine.models import find_model
from engine.runtime import OnnxPredictor
from engine.training.calibration import (
    Curve,
    FoundPeople,
    SizedPeople,
    fit_curve,
    judge_people,
    log_loss,
    tenths_table,
)
from engine.training.eval_options import EvalOptions, every_person
from engine.training.eval_truth import read_frame, select_photos
from engine.types import Prediction

app = typer.Typer(add_completion=False)


@app.command()
def main(
    data: Annotated[
        Path, typer.Option("--data", "--people", "--coco", help="Folder in COCO layout.")
    ],
    model: Annotated[str, typer.Option(help="Name or .onnx file; the default one.")] = "",
    long_side: Annotated[int | None, typer.Option(help="Of the input; the model's own.")] = None,
    split: Annotated[str, typer.Option(help="Photos to fit on.")] = "tune",
    threads: Annotated[int, typer.Option(help="Of the network, 0: one per core.")] = 0,
    max_photos: Annotated[int | None, typer.Option(help="Only the first so many.")] = None,
) -> None:
    """Fit the three numbers of the confidence curve, and say how far off each tenth is."""
    console = Console(soft_wrap=True, highlight=False)
    try:
        options = EvalOptions(data, model, split, threads=threads, max_photos=max_photos)
        people = find_people(options, long_side)
        fitted = fit_curve(people)
    except EngineError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for title, curve in (("shipped", Curve()), ("fitted", fitted)):
        console.print(
            f"\n{title}: SCORE_MIDDLE = {curve.middle:.3f}, SCORE_WIDTH = {curve.width:.3f}, "
            f"SCORE_CELLS = {curve.cells:.0f}, log loss {log_loss(people, curve):.4f}\n"
        )
        console.print(tenths_table(people, curve), markup=False)


def find_people(options: EvalOptions, long_side: int | None) -> FoundPeople:
    """Everybody whom the shipped grouping finds on the photos of the split."""
    photos = select_photos(options)
    model = find_model(options.model)
    side = long_side or model.info.input_long_side
    predictor = OnnxPredictor(model, RuntimeOptions(input_long_side=side, threads=options.threads))
    found = [
        _with_sizes(predictor.predict(read_frame(photo)), every_person())
        for photo in track(photos, "looking for people", transient=True)
    ]
    return judge_people(photos, found)


def _with_sizes(prediction: Prediction, options: GroupOptions) -> SizedPeople:
    cells = group_cells(prediction, options)
    people = bring_to_frame(cells, prediction, options)
    sizes = np.bincount(cells.labels.ravel(), minlength=len(cells.scores) + 1)[1:]
    boxes = prediction.geometry.boxes_to_frame(cells.boxes_xyxy)
    # Whoever has no pixel of the frame is left out there.
    kept = (boxes[:, None] == people.boxes_xyxy).all(-1).any(1)
    return SizedPeople(people, sizes[kept].astype(np.float64))


if __name__ == "__main__":
    app()
