"""The settings as the window holds them: one immutable value, changed in one place."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from app.typesetting import set_line
from engine.config import AdaptiveOptions, PersonEffect, PersonStyle, Settings, one_line

UNDO_STEPS = 100


class OptionsModel(QObject):
    """Holds the current `Settings`; every control writes here, the player reads from here.

    What is chosen for a person belongs to the ids of one source and is forgotten with it;
    all that is not chosen follows everybody. adaptive: of
    the command line, for this run alone until the user changes it.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        settings: Settings | None = None,
        parent: QObject | None = None,
        adaptive: AdaptiveOptions | None = None,
    ) -> None:
        super().__init__(parent)
        settings = settings or Settings()
        self._adaptive_to_store = settings.adaptive
        self._settings = replace(settings, adaptive=adaptive or settings.adaptive)
        self._chosen: dict[int, dict[str, Any]] = {}
        self._only_id: int | None = None
        self._before: deque[tuple[dict[int, dict[str, Any]], int | None]] = deque(maxlen=UNDO_STEPS)

    @property
    def stored(self) -> Settings:
        """What is worth keeping for the next start: without the people's own styles."""
        return replace(self._settings, adaptive=self._adaptive_to_store)

    @property
    def effective(self) -> Settings:
        """What the pipeline runs with, the people's own styles, names and "only" included."""
        render = self._settings.render
        default = render.default_style
        styles = {track_id: self.style_of(track_id) for track_id in self._chosen}
        if self._only_id is not None:
            default = PersonStyle(PersonEffect.HIDE)
            hidden = {i: replace(s, effect=PersonEffect.HIDE) for i, s in styles.items()}
            styles = {**hidden, self._only_id: self.style_of(self._only_id)}
        render = replace(
            render,
            default_style=default,
            styles=MappingProxyType(styles),
            typesetter=set_line,
        )
        return replace(self._settings, render=render)

    @property
    def only_id(self) -> int | None:
        """The one person shown, or None when everybody is."""
        return self._only_id

    @property
    def conceals_some(self) -> bool:
        """True where single people are hidden or blurred, and whoever else comes is not."""
        concealing = (PersonEffect.HIDE, PersonEffect.BLUR)
        render = self.effective.render
        chosen = any(style.effect in concealing for style in render.styles.values())
        return chosen and render.default_style.effect not in concealing

    def style_of(self, track_id: int) -> PersonStyle:
        """How that person is shown when everybody is."""
        return replace(self._settings.render.default_style, **self._chosen.get(track_id, {}))

    def name_of(self, track_id: int) -> str:
        """What that person is called: the name that was given, or the number."""
        if track_id < 0:
            return "Person"
        return self.style_of(track_id).name or f"Person {track_id}"

    def update_group(self, **changes: Any) -> None:
        """Change fields of `GroupOptions`."""
        self._set(replace(self._settings, group=replace(self._settings.group, **changes)))

    def update_track(self, **changes: Any) -> None:
        """Change fields of `TrackOptions`."""
        self._set(replace(self._settings, track=replace(self._settings.track, **changes)))

    def update_render(self, **changes: Any) -> None:
        """Change fields of `RenderOptions`."""
        self._set(replace(self._settings, render=replace(self._settings.render, **changes)))

    def update_adaptive(self, **changes: Any) -> None:
        """Change fields of `AdaptiveOptions`."""
        self._adaptive_to_store = replace(self._settings.adaptive, **changes)
        self._set(replace(self._settings, adaptive=self._adaptive_to_store))

    def reset_detection(self) -> None:
        """The thresholds as they came."""
        defaults = Settings()
        self._set(replace(self._settings, group=defaults.group, track=defaults.track))

    def set_style(self, track_id: int, **changes: Any) -> None:
        """Change one person's effect, colour or name; what everybody has is followed again."""
        everybody = self._settings.render.default_style
        chosen = {**self._chosen.get(track_id, {}), **changes}
        own = {name: value for name, value in chosen.items() if value != getattr(everybody, name)}
        if own != self._chosen.get(track_id, {}):
            self._remember()
            self._chosen[track_id] = own
            self.changed.emit()

    def rename(self, track_id: int, text: str) -> None:
        """Give one person a name; nothing but spaces takes it away."""
        self.set_style(track_id, name=one_line(text))

    def set_only(self, track_id: int | None) -> None:
        """Show one person alone, or everybody again."""
        if track_id != self._only_id:
            self._remember()
            self._only_id = track_id
            self.changed.emit()

    def undo_person(self) -> None:
        """Take back the last `set_style`, `rename` or `set_only`."""
        if self._before:
            self._chosen, self._only_id = self._before.pop()
            self.changed.emit()

    def forget_people(self) -> None:
        """Another source: ids begin anew and mean other people."""
        self._before.clear()
        if self._chosen or self._only_id is not None:
            self._chosen.clear()
            self._only_id = None
            self.changed.emit()

    def _remember(self) -> None:
        self._before.append((dict(self._chosen), self._only_id))

    def _set(self, settings: Settings) -> None:
        if settings != self._settings:
            self._settings = settings
            self.changed.emit()
