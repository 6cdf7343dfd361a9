"""Whether films can be heard."""

from __future__ import annotations

import subprocess
import sys

from app.doctor.finding import Finding, Verdict

LOOK = (sys.executable, "-X", "utf8", "-m", "app.basics.loudspeaker")
LOOK_WAIT_S = 20.0
_REINSTALL = "Run `uv sync --reinstall-package PyQt6`."


def check_sound() -> list[Finding]:
    """The default loudspeaker, opened in another process: its driver may hang or abort."""
    try:
        done = subprocess.run(
            LOOK, capture_output=True, encoding="utf-8", timeout=LOOK_WAIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return [_silent("Qt's sound does not answer", _REINSTALL)]
    lines = done.stdout.splitlines()
    if done.returncode == 0 and lines:
        return [Finding("sound", "loudspeaker", lines[0])]
    if done.returncode == 1 and lines:
        return [_silent(*lines[:2])]
    return [_silent("Qt's sound ends with an error", _REINSTALL)]


def _silent(value: str, fix: str = "") -> Finding:
    return Finding("sound", "loudspeaker", value, Verdict.NOTE, fix)
