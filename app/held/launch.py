"""What the command line asks of the window; imports no Qt, so it can be made anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.held.preferences import ViewOptions
from app.held.recorded import Recorded
from engine.config import AdaptiveOptions, RuntimeOptions, Settings
from engine.styles import Newcomers, NewPeople


@dataclass(frozen=True, slots=True)
class WindowLaunch:
    """How the window starts; None leaves the choice to what was used last.

    source: a camera index, a path, an address or "demo"; None shows the start page.
    runtime: model and provider; None takes those of the last time. record: a file that
    recording starts into as soon as pictures arrive. record_as: what of them. loop: repeat
    films. camera_size: asked of a camera, e.g. "1280x720". mirror: turn its pictures as in a
    mirror. adaptive: the frame rate to keep up with. new_people: what is done with whoever
    comes. fine_edges: whether edges follow the picture. threshold: the least confidence of
    people.
    """

    source: str | int | Path | None = None
    runtime: RuntimeOptions | None = None
    record: Path | None = None
    record_as: Recorded = Recorded.SHOWN
    fullscreen: bool = False
    loop: bool | None = None
    camera_size: str | None = None
    mirror: bool | None = None
    adaptive: AdaptiveOptions | None = None
    new_people: NewPeople | None = None
    fine_edges: bool | None = None
    threshold: float | None = None

    def over(self, stored: Settings) -> Settings:
        """What was used last, with what is asked for now."""
        group, render = stored.group, stored.render
        if self.fine_edges is not None:
            group = replace(group, fine_edges=self.fine_edges)
        if self.threshold is not None:
            group = replace(group, min_score=self.threshold)
        if self.new_people is not None:
            render = replace(render, newcomers=Newcomers().then(1, self.new_people))
        adaptive = self.adaptive or stored.adaptive
        return replace(stored, group=group, render=render, adaptive=adaptive)

    def over_view(self, stored: ViewOptions) -> ViewOptions:
        """The same for how a camera is opened."""
        mirror = stored.mirror if self.mirror is None else self.mirror
        return replace(stored, camera_size=self.camera_size or stored.camera_size, mirror=mirror)
