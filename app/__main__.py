"""`bbe` and `python -m app`: the command line, and through it the window."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that `sys.argv` names and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a pipe under Windows may know no "×"
            stream.reconfigure(errors="replace")
    from app.cli.root import cli

    cli(prog_name="bbe")


if __name__ == "__main__":
    main()
