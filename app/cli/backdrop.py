"""The options that say what is behind people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import typer

from engine.styles import Backdrop, RenderOptions

_PICTURE, _COLOUR = "--backdrop-picture", "--backdrop-colour"

BackdropOption = Annotated[
    Backdrop | None,
    typer.Option(
        "--backdrop",
        help="What becomes of everything but the people. Default: keep, or what the next two ask.",
    ),
]
BackdropPictureOption = Annotated[
    Path | None,
    typer.Option(_PICTURE, metavar="FILE", help="The picture behind the people."),
]
BackdropColourOption = Annotated[
    str | None,
    typer.Option(_COLOUR, metavar="COLOUR", help='Behind the people: "#0b6", "white", …'),
]


def with_backdrop(
    render: RenderOptions, backdrop: Backdrop | None, picture: Path | None, colour: str | None
) -> RenderOptions:
    """`render` with what the three options ask for.

    Raises `typer.BadParameter` where they contradict each other; `SourceNotFound` and
    `SourceUnreadable` for the picture.
    """
    if picture is not None and colour is not None:
        raise typer.BadParameter("it leaves no room for --backdrop-picture.", param_hint=_COLOUR)
    if picture is not None:
        _check(backdrop, Backdrop.PICTURE, _PICTURE)
        from engine.source.backdrop import open_backdrop

        return replace(render, backdrop=Backdrop.PICTURE, backdrop_picture=open_backdrop(picture))
    if colour is not None:
        _check(backdrop, Backdrop.COLOUR, _COLOUR)
        return replace(render, backdrop=Backdrop.COLOUR, backdrop_bgr=_parse_colour(colour))
    if backdrop is Backdrop.PICTURE:
        raise typer.BadParameter("say which: --backdrop-picture FILE.", param_hint="--backdrop")
    return replace(render, backdrop=backdrop or Backdrop.KEEP)


def _check(given: Backdrop | None, meant: Backdrop, option: str) -> None:
    if given not in (None, meant):
        raise typer.BadParameter(
            f"it does not go with --backdrop {given.value}.", param_hint=option
        )


def _parse_colour(text: str) -> tuple[int, int, int]:
    """Blue, green, red of a colour as web pages write it."""
    from PIL import ImageColor

    try:
        red, green, blue = cast("tuple[int, int, int]", ImageColor.getcolor(text, "RGB"))
    except ValueError:
        raise typer.BadParameter(
            f'{text!r} is not a colour; write it as "#0b6" or by its English name.',
            param_hint=_COLOUR,
        ) from None
    return blue, green, red
