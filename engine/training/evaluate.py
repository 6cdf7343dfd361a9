"""COCO numbers of a shipped model, through the application's own runtime and grouping.

    python -m engine.training.evaluate --coco DIR                  official COCO val2017
    python -m engine.training.evaluate --people DIR --split val    the same layout, smaller
    python -m engine.training.evaluate --clips a.mp4 b.mp4         flicker, without any truth

Besides the twelve numbers of the paper's tables it measures where accuracy is lost: the
person map alone (semantic IoU), boxes (box AP), and grouping (oracle boxes and oracle
assignment in place of ours). Thresholds are chosen on split "tune", never on "val".
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from engine.config import GroupOptions, Provider, RuntimeOptions, SteadyOptions
from engine.errors import EngineError
from engine.group import group
from engine.models import ModelFile, find_model
from engine.predictor import Predictor
from engine.runtime import OnnxPredictor
from engine.second_look import SecondLook
from engine.sink.outfile import make_folder
from engine.training.changes import with_changes
from engine.training.coco_numbers import coco_truth
from engine.training.eval_clips import flicker_table, measure_clips, write_flicker
from engine.training.eval_options import PAPER_LONG_SIDE, SPLITS, EvalOptions, every_person
from engine.training.eval_pages import draw_cases, plot_precision_recall
from engine.training.eval_report import EvalReport
from engine.training.eval_run import SizeRun
from engine.training.eval_tables import loss_table, mask_table, write_json
from engine.training.eval_truth import select_photos
from engine.types import Frame, Instances

PAGE_CASES = 12
DESCRIPTION = "Measure a model's accuracy on photos whose people are known."

OnProgress = Callable[[int, int], None]
"""Called with photos done and photos in all."""


def evaluate(options: EvalOptions, on_progress: OnProgress | None = None) -> EvalReport:
    """Measure a model on a COCO layout. Raises `EngineError`."""
    photos = select_photos(options)
    model = find_model(options.model)
    wished = options.long_sides or (PAPER_LONG_SIDE, model.info.input_long_side)
    long_sides = tuple(dict.fromkeys(wished))
    sizes = []
    for i, long_side in enumerate(long_sides):
        predictor = _open(model, options, long_side)
        run = SizeRun(photos, predictor, options.group)
        for k, photo in enumerate(photos):
            run.add(photo)
            if on_progress is not None:
                on_progress(i * len(photos) + k + 1, len(long_sides) * len(photos))
        sizes.append(run.report(long_side))
    return EvalReport(
        model=model,
        provider=predictor.provider,
        options=replace(options, long_sides=long_sides),
        photos=len(photos),
        people=sum(photo.people for photo in photos),
        sizes=tuple(sizes),
    )


def _open(model: ModelFile, options: EvalOptions, long_side: int) -> Predictor:
    runtime = RuntimeOptions(
        provider=options.provider, input_long_side=long_side, threads=options.threads
    )
    network = OnnxPredictor(model, runtime)
    return SecondLook(network) if options.look_twice else network


def write_report(report: EvalReport, folder: Path) -> None:
    """report.json, curves.png, and best/worst pages per size into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "report.json")
    plot_precision_recall(report.sizes, folder / "curves.png")
    for size in report.sizes:
        predictor = _open(report.model, report.options, size.long_side)

        def find_people(frame: Frame, predictor: Predictor = predictor) -> Instances:
            return group(predictor.predict(frame), report.options.group)

        ranked = sorted((c for c in size.cases if c.true), key=lambda case: case.quality)
        truth = coco_truth([case.photo for case in ranked])
        for name, cases in (
            ("worst", ranked[:PAGE_CASES]),
            ("best", ranked[: -PAGE_CASES - 1 : -1]),
        ):
            if cases:
                draw_cases(cases, truth, find_people, folder / f"{name}-{size.long_side}.png")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code. Figures go to stdout, all else to stderr."""
    console, aside = Console(), Console(stderr=True)
    parsed = _parse(arguments)
    try:
        if parsed.out is not None:
            make_folder(parsed.out)  # before minutes of measuring
        if parsed.clips:
            _measure_clips(parsed, console, aside)
        if parsed.data is not None:
            _measure_photos(_options(parsed), console, aside)
    except EngineError as error:
        aside.print(f"Error: {error}", style="red", soft_wrap=True, highlight=False, markup=False)
        return 1
    return 0


def _measure_photos(options: EvalOptions, console: Console, aside: Console) -> None:
    with Progress(console=aside, transient=True, disable=not aside.is_terminal) as progress:
        task = progress.add_task("evaluating", total=None)
        report = evaluate(
            options, lambda done, total: progress.update(task, completed=done, total=total)
        )
    if options.out is not None:
        write_report(report, options.out)
    print_report(report, console)


def _measure_clips(parsed: argparse.Namespace, console: Console, aside: Console) -> None:
    base = GroupOptions.paper() if parsed.paper_grouping else GroupOptions()
    options = with_changes(base, parsed.group)
    model = find_model(parsed.model)
    runs = {}
    for side in parsed.long_side or (model.info.input_long_side,):
        runtime = RuntimeOptions(
            parsed.model,
            Provider(parsed.provider),
            side,
            parsed.threads,
            look_twice=parsed.look_twice,
        )
        title = f"{model.info.name} at {side}"
        with aside.status(title) as status:
            clips = measure_clips(
                parsed.clips,
                runtime,
                options,
                lambda clip, title=title: status.update(f"{title}: {clip.name}"),  # type: ignore[misc]
                SteadyOptions(enabled=not parsed.no_steady),
            )
        runs[title] = clips
        table = flicker_table(title, clips)
        console.print(table + "\n", soft_wrap=True, highlight=False, markup=False)
    if parsed.out is not None:
        write_flicker(runs, parsed.out / "flicker.json")


def print_report(report: EvalReport, console: Console) -> None:
    """The tables of the report onto a terminal."""
    for table in (mask_table(report), loss_table(report)):
        console.print(table + "\n", soft_wrap=True, highlight=False, markup=False)
    if report.options.out is not None:
        console.print(f"Report, curves and pages: {report.options.out}")


def group_options(changes: Sequence[str], as_in_paper: bool) -> GroupOptions:
    """The options of grouping with changes like "nms_iou=0.4". Raises `ConfigError`."""
    options = GroupOptions.paper() if as_in_paper else every_person()
    return with_changes(options, changes)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bbe eval", description=DESCRIPTION)
    add = parser.add_argument
    add(
        *("--coco", "--people"),
        dest="data",
        type=Path,
        help="folder with annotations/ and the pictures: COCO's official layout, or ours",
    )
    add(
        "--clips",
        type=Path,
        nargs="+",
        default=[],
        help="videos; measures how much masks, numbers of people and identities flicker",
    )
    add("--model", "-m", default="", help="name or .onnx file; the default model without it")
    add(
        "--split",
        choices=SPLITS,
        default="val",
        help="tune: the training photos that training leaves out, for choosing thresholds",
    )
    add(
        "--long-side",
        type=int,
        action="append",
        default=[],
        help=f"input size, may be repeated; {PAPER_LONG_SIDE} and the model's own without it",
    )
    add("--look-twice", action="store_true", help="at each size and larger, averaged")
    add("--no-steady", action="store_true", help="clips: each frame alone, not averaged over time")
    add("--provider", "-p", choices=[p.value for p in Provider], default="auto")
    add("--threads", type=int, default=0, help="of the network on the CPU; 0: one per core")
    add("--max-photos", type=int, help="only the first so many photos")
    add("--exact-only", action="store_true", help="leave out photos with masks from a network")
    add("--paper-grouping", action="store_true", help="group to the letter of the paper")
    add(
        "--group",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one option of grouping, e.g. nms_iou=0.4; may be repeated",
    )
    add(
        "--out", type=Path, help="folder for the numbers as JSON, curves.png, best and worst photos"
    )
    parsed = parser.parse_args(arguments)
    if parsed.data is None and not parsed.clips:
        parser.error("give photos with --coco or --people, or videos with --clips")
    return parsed


def _options(parsed: argparse.Namespace) -> EvalOptions:
    return EvalOptions(
        data=parsed.data,
        model=parsed.model,
        split=parsed.split,
        long_sides=tuple(parsed.long_side),
        look_twice=parsed.look_twice,
        provider=Provider(parsed.provider),
        threads=parsed.threads,
        group=group_options(parsed.group, parsed.paper_grouping),
        max_photos=parsed.max_photos,
        exact_only=parsed.exact_only,
        out=parsed.out,
    )


if __name__ == "__main__":
    sys.exit(main())
