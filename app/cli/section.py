"""The options that take a part of a film."""

from __future__ import annotations

from typing import Annotated

import typer

from app.basics.clock_text import parse_clock
from engine.source.section import Section


def _seconds(text: str) -> float:
    try:
        return parse_clock(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


StartOption = Annotated[
    float | None,
    typer.Option(
        "--start", metavar="TIME", parser=_seconds,
        help="Begin there in the film: 1:05.3, or seconds.",
    ),
]  # fmt: skip
EndOption = Annotated[
    float | None,
    typer.Option("--end", metavar="TIME", parser=_seconds, help="End there in the film."),
]


def section_options(start_s: float | None, end_s: float | None) -> Section | None:
    """The part that both ask for; None for all of the film. Raises `ConfigError`."""
    if start_s is None and end_s is None:
        return None
    return Section(start_s or 0.0, end_s)
