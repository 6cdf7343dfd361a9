"""A missing system library of Qt, told as the package to install. Imports no Qt."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

_LIBRARY = re.compile(r"(lib[\w+.-]+?\.so(?:\.\d+)*)")

_DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libpulse.so.0": "libpulse0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}

ALL_PACKAGES = (
    "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libdbus-1-3 "
    "libfontconfig1"
)
"""What a bare Debian or Ubuntu needs for a Qt window, as one argument list for apt."""


def install_hint(libraries: Sequence[str]) -> str:
    """The command that brings all of these, with what else is usually missing for one unknown."""
    known = [_DEBIAN_PACKAGES[name] for name in libraries if name in _DEBIAN_PACKAGES]
    usual = ALL_PACKAGES.split() if len(known) < len(libraries) else []
    packages = " ".join(dict.fromkeys([*known, *usual]))
    return f"`sudo apt install {packages}` (Debian, Ubuntu)"


def missing_libraries_hint(libraries: Sequence[str]) -> str:
    """One line for several at once, so that they need not be found out one by one."""
    *others, last = libraries
    names = f"{', '.join(others)} and {last}" if others else last
    return f"PyQt6 needs {names}: run {install_hint(libraries)}."


def missing_library_hint(error: ImportError) -> str:
    """One line for an `ImportError` of PyQt6: what is missing and how to install it."""
    found = _LIBRARY.search(str(error))
    if found is None:
        repair = "uv sync --reinstall-package PyQt6"
        return f"PyQt6 cannot be loaded ({error}); reinstall it with `{repair}`."
    library = found.group(1)
    if not sys.platform.startswith("linux"):
        return f"PyQt6 needs the system library {library}, which is not installed."
    if library not in _DEBIAN_PACKAGES:
        return (
            f"PyQt6 needs the system library {library}; on Debian or Ubuntu "
            f"`apt-file search {library}` names its package, usually among: {ALL_PACKAGES}."
        )
    return missing_libraries_hint([library])
