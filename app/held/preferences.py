"""What the window remembers between two runs; plain values, no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from app.held.recorded import Recorded
from engine.config import RuntimeOptions, Settings
from engine.errors import ConfigError, check_range
from engine.playback import FASTEST, SLOWEST


class Appearance(Enum):
    """Which of the two looks the window has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class RecordKind(Enum):
    """What the record button records, and into which kind of file."""

    SHOWN = "shown"
    """The picture on the screen."""
    PLAIN = "plain"
    """The picture without overlay."""
    CUT_OUT_MOV = "cut-out mov"
    """People on transparent ground, for editors."""
    CUT_OUT_WEBM = "cut-out webm"
    """People on transparent ground, for web pages; a small file."""

    @property
    def recorded(self) -> Recorded:
        """What goes into the file, whatever its kind."""
        return {RecordKind.SHOWN: Recorded.SHOWN, RecordKind.PLAIN: Recorded.PLAIN}.get(
            self, Recorded.CUT_OUT
        )

    @property
    def ending(self) -> str:
        """Of the file."""
        return {RecordKind.CUT_OUT_MOV: ".mov", RecordKind.CUT_OUT_WEBM: ".webm"}.get(self, ".mp4")


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """The window itself.

    panel, hud: shown. loop, speed: of files. loop_demo: of the demo scene. camera_size: ""
    leaves it to the camera, else e.g. "1280x720". output_dir: where screenshots and
    recordings go, "" the system's own folders. clean_screenshot: also save the picture
    without overlay. last_dir: where the last file was opened. closed_sections: of the panel,
    comma separated. volume: of films, 0 to 1. muted: silent all the same.
    appearance: light or dark. knows_newcomers: was told that new people can be hidden.
    mirror: of cameras. record: of the record button. backdrop_path: of the picture behind
    people, "" is none. recent: files, folders and addresses shown last, a line each.
    """

    panel: bool = True
    hud: bool = True
    knows_newcomers: bool = False
    loop: bool = False
    loop_demo: bool = True
    speed: float = 1.0
    camera_size: str = ""
    mirror: bool = False
    output_dir: str = ""
    clean_screenshot: bool = False
    last_dir: str = ""
    closed_sections: str = "detection"
    volume: float = 1.0
    muted: bool = False
    appearance: Appearance = Appearance.SYSTEM
    record: RecordKind = RecordKind.SHOWN
    backdrop_path: str = ""
    recent: str = ""

    def __post_init__(self) -> None:
        check_range("speed", self.speed, SLOWEST, FASTEST)
        check_range("volume", self.volume, 0.0, 1.0)
        if not re.fullmatch(r"(\d+x\d+)?", self.camera_size):
            raise ConfigError(f"camera_size is {self.camera_size!r}.", "Write it as 1280x720.")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything remembered."""

    settings: Settings = field(default_factory=Settings)
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    view: ViewOptions = field(default_factory=ViewOptions)
