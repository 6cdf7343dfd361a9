"""A missing system library of Qt, told as the package to install. Imports no Qt."""

from __future__ import annotations

import re
import sys

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
}

ALL_PACKAGES = "libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libdbus-1-3 libfontconfig1"
"""What a bare Debian or Ubuntu needs for a Qt window, as one argument list for apt."""


def missing_library_hint(error: ImportError) -> str:
    """One line for an `ImportError` of PyQt6: what is missing and how to install it."""
    found = _LIBRARY.search(str(error))
    if found is None:
        repair = "uv sync --reinstall-package PyQt6"
        return f"PyQt6 cannot be loaded ({error}); reinstall it with `{repair}`."
    library = found.group(1)
    if not sys.platform.startswith("linux"):
        return f"PyQt6 needs the system library {library}, which is not installed."
    package = _DEBIAN_PACKAGES.get(library)
    if package is None:
        return (
            f"PyQt6 needs the system library {library}; on Debian or Ubuntu "
            f"`apt-file search {library}` names its package, usually among: {ALL_PACKAGES}."
        )
    return f"PyQt6 needs {library}: install it with `sudo apt install {package}` (Debian, Ubuntu)."
