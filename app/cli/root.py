"""`bbe`: the commands and what they have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.bench import bench
from app.cli.demo import demo
from app.cli.devices import cameras, models
from app.cli.doctor import doctor
from app.cli.group import Commands
from app.cli.live import live
from app.cli.logs import start_logging
from app.cli.segment import segment
from app.cli.training import PASS_ON, evaluate, train
from app.cli.window import open_window, play

HELP = """Shows, live, which pixels belong to which person.

Without a command the window opens.

Examples:

    bbe                                  open the window

    bbe demo                             try it without a camera

    bbe live 0                           the first camera

    bbe play clip.mp4                    a video in the window

    bbe segment clip.mp4 -o people.mp4   a video into a video, no window

    bbe doctor                           what works here, and what to do about the rest

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted by Ctrl-C.
"""

cli = typer.Typer(
    cls=Commands,
    help=HELP,
    invoke_without_command=True,
    no_args_is_help=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"bbe {metadata.version('bbe-live')}")
        raise typer.Exit


@cli.callback()
def bbe(
    ctx: typer.Context,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Log to stderr; -vv logs more.")
    ] = 0,
    debug: Annotated[  # noqa: ARG001 - read by `Commands`
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - acts through its callback
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """What `HELP` says."""
    start_logging(verbose)
    if ctx.invoked_subcommand is None:
        open_window()


for command in (demo, live, play, segment, cameras, models, doctor, bench):
    cli.command()(command)
cli.command("train", context_settings=PASS_ON)(train)
cli.command("eval", context_settings=PASS_ON)(evaluate)
