"""Which C++ runtime of Windows serves the program. Imports no Qt."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_SINCE_2020 = "msvcp140_atomic_wait.dll"
"""Comes with runtimes that are newer than Qt's; an older one would not serve Qt."""

_LIBRARIES = ("msvcp140.dll", "msvcp140_1.dll", _SINCE_2020)


def load_cpp_runtime() -> None:
    """Load the one of the environment or of Windows, before Qt loads the one that it brings.

    Of one name, the library that is loaded first serves the whole process. PyQt6 (6.10) comes
    with one of 2020, with which ONNX Runtime does not start (onnxruntime#26127).
    """
    if sys.platform == "win32":
        windows = os.environ.get("SYSTEMROOT", r"C:\Windows")
        load_from((Path(sys.prefix), Path(windows) / "System32"))


def load_from(folders: Iterable[Path]) -> None:
    """From the first of these that holds one new enough; where none does, nothing is loaded."""
    import ctypes

    found = next((folder for folder in folders if (folder / _SINCE_2020).is_file()), None)
    if found is not None:
        with contextlib.suppress(OSError):  # what needs it tells what it lacks
            for name in _LIBRARIES:
                ctypes.CDLL(str(found / name))
