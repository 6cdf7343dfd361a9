"""`bbe segment`: videos and pictures into videos, pictures, masks and COCO files."""

from __future__ import annotations

import threading
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.backdrop import (
    BackdropColourOption,
    BackdropOption,
    BackdropPictureOption,
    with_backdrop,
)
from app.cli.console import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    note,
    print_engine_error,
    say,
)
from app.cli.interrupt import stop_on_interrupt
from app.cli.options import (
    DEFAULT_GROUP,
    DEFAULT_RENDER,
    BoxesOption,
    FineEdgesOption,
    InputSizeOption,
    LabelsOption,
    LookTwiceOption,
    ModelOption,
    OpacityOption,
    OverwriteOption,
    PeopleOption,
    PrecisionOption,
    ProviderOption,
    SteadyOption,
    ThreadsOption,
    ThresholdOption,
    look_settings,
    runtime_options,
)
from app.cli.predictor import open_reported
from app.cli.section import EndOption, StartOption, section_options
from engine.config import Precision, Provider, Settings, SteadyOptions
from engine.errors import EngineError
from engine.predictor import Predictor
from engine.styles import Backdrop, PersonEffect

if TYPE_CHECKING:
    from app.cli.inputs import Wanted
    from app.cli.job import Job


def segment(
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Videos, pictures, folders, patterns or addresses."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write; a folder for several inputs. Videos: .mp4 .mov .mkv .webm.",
        ),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option("--masks", metavar="DIR", help="Write one label PNG per frame here."),
    ] = None,
    coco: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write masks, scores and ids as COCO JSON; in a folder if videos are among "
            "several inputs.",
        ),
    ] = None,
    cutouts: Annotated[
        Path | None,
        typer.Option("--cutouts", metavar="DIR", help="Write each person as transparent PNGs."),
    ] = None,
    alpha: Annotated[
        bool,
        typer.Option("--alpha", help="OUT shows people on a transparent ground (.mov .webm .png)."),
    ] = False,
    hidden_too: Annotated[
        bool,
        typer.Option(
            "--hidden-too", help="--masks and --json tell the shapes of hidden people, too."
        ),
    ] = False,
    overwrite: OverwriteOption = False,
    start: StartOption = None,
    end: EndOption = None,
    track: Annotated[
        bool | None,
        typer.Option(
            "--track/--no-track",
            help="Keep ids from frame to frame. Default: for videos, not for pictures.",
        ),
    ] = None,
    model: ModelOption = "",
    provider: ProviderOption = Provider.AUTO,
    precision: PrecisionOption = Precision.MODEL,
    input_size: InputSizeOption = None,
    look_twice: LookTwiceOption = False,
    fine_edges: FineEdgesOption = None,
    threads: ThreadsOption = 0,
    steady: SteadyOption = True,
    opacity: OpacityOption = DEFAULT_RENDER.mask_opacity,
    boxes: BoxesOption = DEFAULT_RENDER.show_boxes,
    labels: LabelsOption = DEFAULT_RENDER.show_labels,
    people: PeopleOption = PersonEffect.OVERLAY,
    backdrop: BackdropOption = None,
    backdrop_picture: BackdropPictureOption = None,
    backdrop_colour: BackdropColourOption = None,
    threshold: ThresholdOption = DEFAULT_GROUP.min_score,
) -> None:
    """Mark people in videos and pictures: every frame, in order, sound included.

    Ctrl-C once finishes the file, which then plays up to there; twice quits at once.
    Inputs that fail are reported and the others are done all the same.

    Examples:

        bbe segment clip.mp4 -o people.mp4

        bbe segment clip.mp4 -o people.mkv --masks masks/ --json people.json

        bbe segment "holiday/*.mp4" portrait.jpg -o out/

        bbe segment photo.jpg -o photo-people.png --people plain --backdrop blur

        bbe segment talk.mp4 -o beach.mp4 --people plain --backdrop-picture beach.jpg

        bbe segment clip.mp4 -o part.mp4 --start 1:05 --end 1:20

        bbe segment clip.mp4 -o cutout.mov --alpha --look-twice

        bbe segment clip.mp4 -o nobody.mp4 --people hide --masks masks/ --hidden-too
    """
    from app.cli.finding import find_inputs
    from app.cli.inputs import Wanted, plan_jobs

    section = section_options(start, end)
    wanted = Wanted(output, masks, coco, cutouts, alpha, overwrite, hidden_too, section)
    _check(wanted, people)
    if alpha and (backdrop not in (None, Backdrop.KEEP) or backdrop_picture or backdrop_colour):
        raise typer.BadParameter("it leaves nothing behind people.", param_hint="--alpha")
    found = find_inputs(inputs)
    if section is not None and found.pictures:
        raise typer.BadParameter("pictures have no parts.", param_hint="--start / --end")
    jobs = plan_jobs(found, wanted)
    settings = look_settings(opacity, boxes, labels, people, threshold, fine_edges)
    render = with_backdrop(settings.render, backdrop, backdrop_picture, backdrop_colour)
    settings = replace(settings, render=render, steady=SteadyOptions(enabled=steady))
    predictor = open_reported(
        runtime_options(model, provider, precision, input_size, threads, look_twice)
    )
    try:
        with stop_on_interrupt() as stop:
            debug = bool(ctx.find_root().params.get("debug"))
            failures = _run_all(jobs, wanted, predictor, settings, track, stop, debug)
    finally:
        predictor.close()
    if stop.is_set():
        raise typer.Exit(EXIT_INTERRUPTED)
    if failures:
        raise typer.Exit(EXIT_FAILED)


def _check(wanted: Wanted, people: PersonEffect) -> None:
    """Raise `typer.BadParameter` where nothing would be written, or not what is asked for."""
    targets = {
        "-o": wanted.output,
        "--masks": wanted.masks,
        "--json": wanted.coco,
        "--cutouts": wanted.cutouts,
    }
    if not any(targets.values()):
        raise typer.BadParameter("say where results go: -o OUT, --masks, --json or --cutouts.")
    for option, path in targets.items():
        if path == Path("-"):
            raise typer.BadParameter("name a file or folder in place of -.", param_hint=option)
    if wanted.alpha and wanted.output is None:
        raise typer.BadParameter("it needs -o OUT.", param_hint="--alpha")
    if people is not PersonEffect.HIDE:
        return
    if wanted.alpha or wanted.cutouts:
        raise typer.BadParameter("nobody would be left to cut out.", param_hint="--people hide")
    if (wanted.masks or wanted.coco) and not wanted.hidden_too:
        raise typer.BadParameter(
            "masks and JSON do not tell of hidden people; add --hidden-too if they shall.",
            param_hint="--people hide",
        )


def _run_all(
    jobs: list[Job],
    wanted: Wanted,
    predictor: Predictor,
    settings: Settings,
    track: bool | None,
    stop: threading.Event,
    debug: bool,
) -> int:
    from app.cli.segment_job import run_job

    failures = 0
    for number, job in enumerate(jobs, start=1):
        if stop.is_set():
            note(f"Not begun: {', '.join(job.title for job in jobs[number - 1 :])}.")
            break
        title = f"{job.title} ({number}/{len(jobs)})" if len(jobs) > 1 else job.title
        try:
            outcome = run_job(job, wanted, predictor, settings, track, stop, title)
        except EngineError as error:
            failures += 1
            if debug:
                traceback.print_exception(error)
            print_engine_error(error)
            continue
        say(outcome.line)
        for warning in outcome.warnings:
            note(f"Warning: {warning}")
        failures += bool(outcome.unreadable)
    return failures
