"""Files that sinks write: refused early and clearly, kept whole when the disk refuses more."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from typing import IO

from engine.errors import SinkError

MIN_FREE_BYTES = 16 * 2**20
"""Less free space than this counts as a full disk before anything is written."""

_MOST_SHOWN = 40
"""Letters of a name that is too long."""

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


def sink_error(path: Path, error: OSError) -> SinkError:
    """What an operating system error means for whoever writes `path`."""
    name = path.name
    match error:
        case FileExistsError():
            return SinkError(f"{path} exists already.", "Use --overwrite or choose another name.")
        case FileNotFoundError() | NotADirectoryError():
            return SinkError(
                f"The folder {path.parent} does not exist.", "Make it or choose another one."
            )
        case IsADirectoryError():
            return SinkError(f"{path} is a folder.", "Add a file name.")
        case PermissionError():
            return SinkError(
                f"No permission to write {name} in {path.parent}.",
                "Choose a folder of your own, or free the file from the program that has it open.",
            )
        case OSError(errno=errno.EROFS):
            return SinkError(
                f"{name} cannot be written: the disk of {path.parent} can only be read.",
                "Choose a folder on another disk.",
            )
        case OSError(errno=errno.ENAMETOOLONG):
            return SinkError(
                f"The name {shortened(name)} is too long for the disk of {path.parent}.",
                "Choose a shorter one.",
            )
        case OSError(errno=errno.EFBIG):
            return SinkError(
                f"No space is left for {name} in {path.parent}: no file there may be larger.",
                "What was written before stays usable; choose a disk that is not formatted as "
                "FAT32, where a file ends at 4 GB.",
            )
        case OSError(errno=number) if number in _FULL_DISK:
            return SinkError(
                f"No space is left for {name} in {path.parent}.",
                "What was written before stays usable; free some space or choose another disk.",
            )
        case _:
            return SinkError(
                f"{name} cannot be written: {error.strerror or error}.",
                "Check that the disk is still there, or choose another one.",
            )


def shortened(name: str) -> str:
    """A name as it is told to people; one that is too long for a disk would fill the screen."""
    return f"{name[:_MOST_SHOWN]}…" if len(name) > _MOST_SHOWN else name


def is_there(path: Path) -> bool:
    """Whether the file exists; False also where its disk does not answer, as one pulled out."""
    try:
        return path.exists()
    except OSError:
        return False


def check_new_file(path: Path, overwrite: bool) -> None:
    """Raise `SinkError` where a file of that name cannot be or must not be written."""
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:
        raise sink_error(path, error) from error
    if is_folder:
        raise sink_error(path, IsADirectoryError())
    if is_there and not overwrite:
        raise sink_error(path, FileExistsError())


def check_free_space(folder: Path) -> None:
    """Raise `SinkError` where `folder` does not exist or its disk is as good as full."""
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        raise sink_error(folder / "output", error) from error
    if free_bytes < MIN_FREE_BYTES:
        raise SinkError(
            f"The disk of {folder} is full ({free_bytes / 2**20:.0f} MB left).",
            "Free some space or choose another disk.",
        )


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents where absent, writable. Raises `SinkError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise SinkError(f"{folder} is a file.", "Choose another name for the folder.") from error
    except OSError as error:
        raise sink_error(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        if _is_read_only(folder):
            raise SinkError(
                f"The disk of {folder} can only be read.", "Choose a folder on another disk."
            )
        raise SinkError(f"No permission to write in {folder}.", "Choose a folder of your own.")
    check_free_space(folder)


def _is_read_only(folder: Path) -> bool:
    """Whether the disk, not the folder, forbids writing; Windows does not tell."""
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _lock(file: IO[bytes]) -> bool:
    """Keep the file from others who lock it, until it is closed; False where one of them has it.

    Windows and some disks know no such lock.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


class OutputFile:
    """An unbuffered, seekable binary file that latches the first error of the disk.

    After an error every further write is thrown away and reported as done: a muxer that
    finishes its file by going back to the beginning would otherwise damage the good part
    when only its later half fails. Whoever writes asks `error` from time to time.

    The constructor makes the file, or checks that the one to be overwritten can be
    written; nothing of an old file is touched before `begin`. Raises `SinkError`.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        self.path = path
        self.error: OSError | None = None
        self._position = 0
        check_free_space(path.parent)
        check_new_file(path, overwrite)
        self._created = not path.exists()
        try:
            self._file = path.open("xb" if self._created else "r+b", buffering=0)
        except OSError as error:
            raise sink_error(path, error) from error
        if not self._file.seekable():
            self._file.close()
            raise SinkError(
                f"No film can be written to {path}: it is a pipe or a terminal, not a file.",
                "Films are finished by going back to their beginning.",
            )
        if not _lock(self._file):
            self._file.close()
            raise SinkError(f"{path} is being written already.", "Choose another name.")

    def begin(self) -> None:
        """Empty the file; writing starts at its beginning."""
        self._created = False  # from here on it has contents of its own
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            if error.errno != errno.EINVAL:  # a device cannot be truncated and need not be
                self.error = error
        self._position = 0

    def write(self, data: bytes) -> int:
        """Write all of `data` at the position; after an error pretend to."""
        rest = memoryview(data)
        while rest and self.error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self.error = error
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position; after an error only in name."""
        if self.error is None:
            self._position = self._file.seek(offset, whence)
        elif whence == os.SEEK_SET:
            self._position = offset
        return self._position

    def tell(self) -> int:
        """The position, bytes from the beginning."""
        return self._position

    def close(self) -> None:
        """Close; a file that was made for nothing (no `begin`) is taken away again."""
        if self._file.closed:
            return
        self._file.close()
        if self._created:
            self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take the closed file away; a device stays where it is."""
        with contextlib.suppress(OSError):
            if self.path.is_file():
                self.path.unlink()

    def raise_error(self) -> None:
        """Raise the latched error as `SinkError`, if there is one."""
        if self.error is not None:
            raise sink_error(self.path, self.error) from self.error
