"""What pictures come from and go to: cameras, the display, files."""

from __future__ import annotations

import os
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

import platformdirs

from app.basics.display import display_problem, missing_qt_libraries, qt_problem
from app.basics.places import settings_folder
from app.basics.qt_check import install_hint
from app.doctor.finding import Finding, Verdict

CAMERA_WAIT_S = 10.0
TRIAL_HW = (720, 1280)
TRIAL_FPS = 30.0


def check_cameras() -> list[Finding]:
    """The cameras the system names; none is opened, so none is disturbed."""
    from engine.future import in_daemon_thread
    from engine.source import list_cameras

    listing: Future[list[Finding]] = in_daemon_thread(
        lambda: [Finding("cameras", str(camera.index), camera.name) for camera in list_cameras()],
        lambda: None,
    )
    try:
        found = listing.result(CAMERA_WAIT_S)
    except FutureTimeout:
        value = f"the system did not list its cameras within {CAMERA_WAIT_S:.0f} s"
        fix = "Unplug cameras one after the other to find the one whose driver hangs."
        return [Finding("cameras", "list", value, Verdict.PROBLEM, fix)]
    return found or [Finding("cameras", "list", "no camera found", Verdict.NOTE)]


def check_display() -> list[Finding]:
    """Whether the window can open: a display, Qt, and Qt's system libraries."""
    problem = display_problem()
    display = (
        Finding(
            "window", "display", problem, Verdict.NOTE, "Commands that need no window still work."
        )
        if problem
        else Finding("window", "display", _display_name())
    )
    return [display, _qt_finding()]


def check_codecs() -> list[Finding]:
    """Per kind of file the encoder a recording would take, found by opening it."""
    from engine.sink.formats import ALPHA_FORMATS, VIDEO_FORMATS, ContainerFormat, choose_encoder

    def encoder(suffix: str, container: ContainerFormat, label: str) -> Finding:
        try:
            name = choose_encoder(container, None, TRIAL_HW, TRIAL_FPS, 20, "veryfast").name
        except SinkError as error:
            return Finding("codecs", label, error.message, Verdict.PROBLEM, _REINSTALL_AV)
        if name in _LAST_RESORTS and suffix != ".webm":
            value = f"{name}: no H.264 encoder opens here, files will be large"
            return Finding("codecs", label, value, Verdict.NOTE, _REINSTALL_AV)
        return Finding("codecs", label, name)

    from engine.errors import SinkError

    plain = [encoder(suffix, kind, suffix) for suffix, kind in VIDEO_FORMATS.items()]
    alpha = [
        encoder(suffix, kind, f"{suffix} with alpha") for suffix, kind in ALPHA_FORMATS.items()
    ]
    return plain + alpha


def check_folders() -> list[Finding]:
    """Whether settings and logs can be written; nothing is created."""
    logs = platformdirs.user_log_path("bbe-live", appauthor=False)
    return [_folder("settings", settings_folder()), _folder("logs", logs)]


_REINSTALL_AV = "Run `uv sync --reinstall-package av`."
_LAST_RESORTS = ("mpeg4", "mjpeg")


def _qt_finding() -> Finding:
    missing = missing_qt_libraries()
    if missing:
        value = f"missing: {', '.join(missing)}"
        fix = f"Run {install_hint(missing)}."
        return Finding("window", "qt libraries", value, Verdict.PROBLEM, fix)
    problem = qt_problem()
    if problem:
        return Finding("window", "qt libraries", problem, Verdict.PROBLEM)
    return Finding("window", "qt libraries", "all there")


def _display_name() -> str:
    for variable in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable}={os.environ[variable]}"
    return "the desktop's own"


def _folder(name: str, folder: Path) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("folders", name, str(folder))
    value, fix = f"{folder} cannot be written", f"Give yourself the right to write {nearest}."
    return Finding("folders", name, value, Verdict.PROBLEM, fix)
