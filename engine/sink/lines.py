"""A text file that grows line by line."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.sink.outfile import sink_error


class LineFile:
    """Lines of a file, each on the disk once it is written; where there is none, no file is made.

    Nothing of an old file is touched before the first line. Raises `SinkError`, and
    `FileExistsError` where an old file is in the way and `overwrite` is off.
    """

    def __init__(self, path: Path, overwrite: bool) -> None:
        self.path = path
        self.count = 0
        try:
            self._file, self._is_own = path.open("x", encoding="utf-8"), True
        except FileExistsError:
            if not overwrite:
                raise
            self._open_old()
        except OSError as error:
            raise sink_error(path, error) from error

    def write(self, line: str) -> None:
        """Add a line, without its end."""
        try:
            if not self._is_own:
                self._file.truncate(0)
                self._is_own = True
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            raise sink_error(self.path, error) from error
        self.count += 1

    def close(self) -> None:
        """Close; a file of this run that holds no whole line is taken away."""
        if self._is_own and not self.count:
            with contextlib.suppress(OSError):
                self._file.close()
            self.path.unlink(missing_ok=True)
            return
        try:
            self._file.close()
        except OSError as error:
            raise sink_error(self.path, error) from error

    def _open_old(self) -> None:
        try:
            self._file, self._is_own = self.path.open("r+", encoding="utf-8"), False
        except OSError as error:
            raise sink_error(self.path, error) from error
