"""What the commands print, and how they end.

Results go to stdout, everything else (progress, notes, errors) to stderr, so that a pipe
carries results alone. Without a terminal there are no colours and no moving parts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError

# rich takes a tenth of the time in which the window opens, and the window prints nothing:
# it is imported where something is printed.
if TYPE_CHECKING:
    from rich.console import Console

EXIT_FAILED = 1
"""It was tried and did not work; the message says why."""
EXIT_INTERRUPTED = 130
"""Ended by Ctrl-C; what was written until then is whole."""

PIPE_WIDTH = 200
"""Columns of a table where no terminal gives a width."""


def stdout() -> Console:
    """For results."""
    return _console(stderr=False)


def stderr() -> Console:
    """For progress, notes and errors."""
    return _console(stderr=True)


def say(text: str) -> None:
    """One line of result."""
    from rich.text import Text

    stdout().print(Text(text), soft_wrap=True)


def note(text: str) -> None:
    """One line that is not part of the result."""
    from rich.text import Text

    stderr().print(Text(text), soft_wrap=True)


def print_error(message: str, hint: str = "") -> None:
    """One red line: what happened and what to do."""
    from rich.text import Text

    line = Text.assemble(("Error: ", "bold red"), (message, "red"), (f" {hint}" if hint else ""))
    stderr().print(line, soft_wrap=True)


def print_engine_error(error: EngineError) -> None:
    """The error of a stage as one line."""
    print_error(error.message, error.hint)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """A table on stdout; columns whose heading begins with ">" are right-aligned."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        table.add_column(
            column.removeprefix(">"), justify="right" if right else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout().print(table)


def print_json(value: Any) -> None:
    """`value` as indented JSON on stdout, without colours.

    Windows gives pipes an encoding that JSON is not read in; all encodings know ASCII.
    """
    import codecs
    import json

    is_utf8 = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not is_utf8) + "\n")


def _console(stderr: bool) -> Console:
    from rich.console import Console

    # Made anew each time: the streams are replaced by tests and by progress bars.
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)
