"""`bbe` and `bbe play`: the window, after a look at whether there can be one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.basics.display import window_problem
from app.basics.qt_check import missing_library_hint
from app.cli.console import EXIT_FAILED, print_error
from app.cli.options import (
    FineEdgesOption,
    InputSizeOption,
    KeepFpsOption,
    ModelOption,
    NewPeopleOption,
    PrecisionOption,
    ProviderOption,
    RecordAsOption,
    RecordOption,
    RunThresholdOption,
    adaptive_options,
    runtime_options,
)
from app.held.launch import WindowLaunch
from app.held.recorded import Recorded
from engine.config import Precision, Provider, RuntimeOptions
from engine.errors import SinkError, SourceNotFound


def open_window(launch: WindowLaunch | None = None) -> None:
    """Run the window until it is closed, then leave with its exit code.

    Where there can be no window it says why in one line: Qt itself would abort.
    """
    problem = window_problem()
    if problem:
        print_error(problem, "`bbe segment` and `bbe demo --headless` need no window.")
        raise typer.Exit(EXIT_FAILED)
    try:
        from app.window import run_window
    except ImportError as error:
        if not (error.name or "").startswith("PyQt6"):
            raise
        print_error(missing_library_hint(error))
        raise typer.Exit(EXIT_FAILED) from None
    raise typer.Exit(run_window(launch or WindowLaunch()))


def check_record(path: Path | None, what: Recorded, replace: bool | None = None) -> None:
    """Raise `SinkError` where a recording could not be made, before anything is opened.

    replace: whether --overwrite was given; None where the command has no such option.
    """
    from engine.sink.formats import container_format
    from engine.sink.outfile import check_free_space

    if path is None:
        if what is not Recorded.SHOWN:
            raise typer.BadParameter("it needs --record FILE.", param_hint="--record-as")
        return
    container_format(path, what.recorder.formats)
    check_free_space(path.parent)
    if path.exists() and not replace:
        way = "Choose" if replace is None else "Use --overwrite or choose"
        raise SinkError(f"{path} exists already.", f"{way} another name for the recording.")


def chosen_runtime(
    model: str, provider: Provider, precision: Precision, input_size: int | None
) -> RuntimeOptions | None:
    """None where none was chosen: the window then takes what it had last time."""
    runtime = runtime_options(model, provider, precision, input_size)
    return None if runtime == RuntimeOptions() else runtime


def play(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A video, a picture, a folder of pictures or an address."
        ),
    ],
    loop: Annotated[
        bool | None, typer.Option("--loop/--no-loop", help="Start again at the end.")
    ] = None,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", help="Fill the screen.")] = False,
    record: RecordOption = None,
    record_as: RecordAsOption = Recorded.SHOWN,
    model: ModelOption = "",
    provider: ProviderOption = Provider.AUTO,
    precision: PrecisionOption = Precision.MODEL,
    input_size: InputSizeOption = None,
    fine_edges: FineEdgesOption = None,
    keep_fps: KeepFpsOption = None,
    new_people: NewPeopleOption = None,
    threshold: RunThresholdOption = None,
) -> None:
    """Play a file in the window, with people marked.

    Pictures come in step with the clock; `bbe segment` makes a film of every frame instead.

    Examples:

        bbe play clip.mp4

        bbe play clip.mp4 --loop --fullscreen

        bbe play photos/
    """
    source = file if "://" in file else Path(file)
    if isinstance(source, Path) and not source.exists():
        raise SourceNotFound(f"There is no file {file}.", _advice(file))
    check_record(record, record_as)
    open_window(
        WindowLaunch(
            source,
            chosen_runtime(model, provider, precision, input_size),
            record=record,
            record_as=record_as,
            fullscreen=fullscreen,
            loop=loop,
            adaptive=adaptive_options(keep_fps),
            new_people=new_people,
            fine_edges=fine_edges,
            threshold=threshold,
        )
    )


def _advice(file: str) -> str:
    """What to do about the name of a file that is none."""
    if file.isdecimal():
        return f"`bbe live {file}` shows a camera."
    if file == "demo":
        return "`bbe demo` shows the demo scene."
    return "Check the name and the folder."
