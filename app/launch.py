"""What the command line asks of the window; imports no Qt, so it can be made anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.recorded import Recorded
from engine.config import AdaptiveOptions, RuntimeOptions
from engine.styles import NewPeople


@dataclass(frozen=True, slots=True)
class WindowLaunch:
    """How the window starts; None leaves the choice to what was used last.

    source: a camera index, a path, an address or "demo"; None shows the start page.
    runtime: model and provider; None takes those of the last time. record: a file that
    recording starts into as soon as pictures arrive. record_as: what of them. loop: repeat
    films. camera_size: asked of a camera, e.g. "1280x720". adaptive: the frame rate to keep
    up with. new_people: what is done with whoever comes. fine_edges: False, too, leaves it
    to last time.
    """

    source: str | int | Path | None = None
    runtime: RuntimeOptions | None = None
    record: Path | None = None
    record_as: Recorded = Recorded.SHOWN
    fullscreen: bool = False
    loop: bool | None = None
    camera_size: str | None = None
    adaptive: AdaptiveOptions | None = None
    new_people: NewPeople | None = None
    fine_edges: bool = False
