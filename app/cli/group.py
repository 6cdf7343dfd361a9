"""The group of all commands: errors end as one line and an exit code, never a traceback."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from app.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, print_engine_error, print_error
from app.cli.logs import log_path
from engine.errors import EngineError
from engine.sink.outfile import shortened

log = logging.getLogger(__name__)


class Commands(TyperGroup):
    """Runs a command and translates what it raises; `--debug` lets it through."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the command line names."""
        try:
            return self._invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except KeyboardInterrupt:
            print_error("Interrupted.")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except EngineError as error:
            log.info("the command failed", exc_info=error)
            if ctx.params.get("debug"):
                raise
            print_engine_error(error)
            raise typer.Exit(EXIT_FAILED) from None
        except Exception as error:
            if ctx.params.get("debug") or getattr(error, "errno", None) == errno.EPIPE:
                raise
            log.exception("the command failed unexpectedly")
            print_error(*_told(error))
            raise typer.Exit(EXIT_FAILED) from None

    def _invoke(self, ctx: Any) -> Any:
        """As typer does; an interrupt is one also where a library calls it a failure of its own."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if _is_interrupt(error):
                raise KeyboardInterrupt from error
            raise


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: one while ONNX Runtime loads becomes an `ImportError`."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _told(error: Exception) -> tuple[str, str]:
    """What happened, and what to do."""
    if isinstance(error, OSError) and isinstance(error.filename, (str, bytes)):
        # To ask whether a file is there fails for names too long, closed folders, drives gone.
        path = Path(os.fsdecode(error.filename))
        reason = (error.strerror or "unknown reason").lower()
        return (
            f"{path.parent / shortened(path.name)} cannot be reached: {reason}.",
            "Choose another name or folder, or ask its owner for access.",
        )
    return (
        f"Something failed unexpectedly: {type(error).__name__}: {error}.",
        f"Details are in {log_path()}; `bbe --debug …` shows them.",
    )
