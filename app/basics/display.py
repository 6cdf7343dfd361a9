"""Whether a window can be opened here, found out without Qt: a failing Qt aborts the process."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

from app.basics.qt_check import missing_libraries_hint, missing_library_hint

DISPLAYLESS_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")
"""Values of QT_QPA_PLATFORM that need no display server."""

_DISPLAYS = {"xcb": "DISPLAY", "wayland": "WAYLAND_DISPLAY"}
"""Where each kind of display is named, the one that is tried first on top."""

_PLUGINS = {
    "xcb": ("libqxcb.so",),
    "wayland": ("libqwayland.so", "libqwayland-generic.so", "libqwayland-egl.so"),
}


def window_problem() -> str | None:
    """One line saying why no window can be opened and what to do, None if it can."""
    return display_problem() or qt_problem()


def display_problem() -> str | None:
    """One line if no display can be reached, None if one can."""
    if not sys.platform.startswith("linux") or _needs_no_display():
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return "No display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    if (wayland and _wayland_answers(wayland)) or (x11 and _x11_answers()):
        return None
    names = " or ".join(name for name in (wayland, x11) if name)
    return f"No display: {names} is set but nothing there accepts a connection."


def qt_problem() -> str | None:
    """One line if PyQt6 or a library it needs is missing, None if all is there.

    Loads the platform plugin as Qt would, because Qt itself reports a missing library of
    the plugin by aborting.
    """
    root = qt_root()
    if root is None:
        return "PyQt6 is not installed; install it with `uv sync`."
    if not sys.platform.startswith("linux"):
        return None
    for library in _needed_libraries(root):
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            missing = missing_qt_libraries()  # the error names only the first
            if missing:
                return missing_libraries_hint(missing)
            return missing_library_hint(ImportError(str(error)))
    return None


def missing_qt_libraries() -> tuple[str, ...]:
    """Names of all system libraries that Qt's window parts lack here, for `bbe doctor`."""
    root = qt_root()
    if root is None or not sys.platform.startswith("linux"):
        return ()
    missing: dict[str, None] = {}
    for library in _needed_libraries(root):
        for line in _ldd(library).splitlines():
            name, arrow, target = line.strip().partition(" => ")
            if arrow and target.startswith("not found"):
                missing[name] = None
    return tuple(missing)


def qt_root() -> Path | None:
    """The folder of the PyQt6 package, None where it is not installed."""
    try:
        spec = importlib.util.find_spec("PyQt6")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _needed_libraries(root: Path) -> list[Path]:
    """What opening a window loads; nothing where Qt comes from the distribution."""
    needed = [root / "Qt6" / "lib" / f"libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets")]
    plugins = root / "Qt6" / "plugins" / "platforms"
    if not _needs_no_display():
        # Without a display Qt never comes to load one, and which it would be is not known.
        there = [kind for kind, name in _DISPLAYS.items() if os.environ.get(name)]
        files = [plugins / name for kind in there[:1] for name in _PLUGINS[kind]]
        needed += [path for path in files if path.is_file()][:1]
    return [path for path in needed if path.is_file()]


def _needs_no_display() -> bool:
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    return platform in DISPLAYLESS_PLATFORMS


def _wayland_answers(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / name  # an absolute name wins
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def _x11_answers() -> bool:
    """Whether the X server of DISPLAY accepts us, its access control included."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # not the display's fault; `qt_problem` names the library
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)


def _ldd(library: Path) -> str:
    try:
        done = subprocess.run(
            ["ldd", str(library)], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
