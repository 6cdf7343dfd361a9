"""The options that take a part of a film."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from app.clock_text import parse_clock
from engine.source.section import Section


def _time(option: str) -> Callable[[str | None], str | None]:
    def check(text: str | None) -> str | None:
        if text is not None:
            try:
                parse_clock(text)
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint=option) from None
        return text

    return check


StartOption = Annotated[
    str | None,
    typer.Option(
        "--start", metavar="TIME", callback=_time("--start"),
        help="Begin there in the film: 1:05.3, or seconds.",
    ),
]  # fmt: skip
EndOption = Annotated[
    str | None,
    typer.Option("--end", metavar="TIME", callback=_time("--end"), help="End there in the film."),
]


def section_options(start: str | None, end: str | None) -> Section | None:
    """The part that both ask for; None for all of the film. Raises `ConfigError`."""
    if start is None and end is None:
        return None
    return Section(parse_clock(start or "0"), None if end is None else parse_clock(end))
