"""Where log messages go: a rotating file always, stderr when asked with -v."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import platformdirs

APP_NAME = "bbe-live"
MAX_BYTES = 1_000_000
KEPT_FILES = 3


class _LogFile(RotatingFileHandler):
    """Lines go on in a full file that cannot be put away now; a later start does that.

    Windows renames no file that another process has open.
    """

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        """Begin a new file, if possible."""
        try:
            super().doRollover()
        except PermissionError:
            self.maxBytes = 0
            self.stream = self._open()


def log_path() -> Path:
    """The log file of this user."""
    return platformdirs.user_log_path(APP_NAME, appauthor=False) / "bbe.log"


def start_logging(verbosity: int) -> None:
    """Log to the file from INFO on, and to stderr: 0 nothing, 1 INFO, 2 DEBUG.

    A folder that cannot be written costs the file, never the command.
    """
    stop_logging()
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbosity > 1 else logging.INFO)
    _add(root, _file_handler(), "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    if verbosity:
        _add(root, logging.StreamHandler(sys.stderr), "%(levelname)s %(name)s: %(message)s")
    for chatty in ("numba", "matplotlib", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def stop_logging() -> None:
    """Close what `start_logging` opened."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if hasattr(handler, "of_bbe")]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.WARNING)


def _add(root: logging.Logger, handler: logging.Handler, line: str) -> None:
    handler.setFormatter(logging.Formatter(line))
    handler.of_bbe = True  # type: ignore[attr-defined]  # found again by the next start
    root.addHandler(handler)


def _file_handler() -> logging.Handler:
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _LogFile(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    except OSError:
        return logging.NullHandler()
