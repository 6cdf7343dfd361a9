"""Where the program keeps what is its own."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def settings_folder() -> Path:
    """Of the settings. Qt's own choice is another folder on Windows and macOS, which only Qt
    knows, and the doctor runs without it."""
    return platformdirs.user_config_path("bbe-live", appauthor=False)
