"""What the commands of the table do."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QApplication

from app.controls.look import EFFECTS
from app.controls.message_label import MessageLabel
from app.transport import SPEEDS
from engine.board import Phase
from engine.styles import Backdrop

if TYPE_CHECKING:
    from app.main_window import MainWindow

SEEK_S, FAR_SEEK_S = 5.0, 30.0
FAR_PICTURES = 10
OPACITY_STEP = 0.1
OVER_HELP = frozenset({"fullscreen", "appearance", "help", "escape", "quit"})
"""Commands that act while the page of keys covers the rest."""


class Commands:
    """One method per command that is more than a call of the window's own."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Command name → what it does."""
        return {name: partial(self._run, name, call) for name, call in self._calls().items()}

    def _run(self, name: str, call: Callable[[], None]) -> None:
        if name in OVER_HELP or not self._window.help.isVisible():
            call()

    def _calls(self) -> dict[str, Callable[[], None]]:
        window = self._window
        effects = {
            f"effect_{effect.value}": lambda value=effect: self._effect(value)
            for effect, *_ in EFFECTS
        }
        return {
            "open_camera": window.cameras.open_first,
            "open_file": window.sources.choose_file,
            "open_folder": window.sources.choose_folder,
            "open_address": window.sources.ask_address,
            "open_demo": window.sources.open_demo,
            "reopen": window.sources.reopen,
            "close_source": window.sources.close,
            "play_pause": self._play_pause,
            "step_back": lambda: self._step(-1),
            "step_on": lambda: self._step(1),
            "seek_back": lambda: self._seek_by(-SEEK_S),
            "seek_on": lambda: self._seek_by(SEEK_S),
            "seek_far_back": lambda: self._seek_by(-FAR_SEEK_S),
            "seek_far_on": lambda: self._seek_by(FAR_SEEK_S),
            "to_start": lambda: self._seek_by(float("-inf")),
            "to_end": lambda: self._seek_by(float("inf")),
            "slower": lambda: self._change_speed(-1),
            "faster": lambda: self._change_speed(1),
            "loop": window.looping.toggle,
            "mute": window.sound.toggle_mute,
            "louder": lambda: window.sound.change_volume(1),
            "quieter": lambda: window.sound.change_volume(-1),
            "record": window.keeping.toggle_recording,
            "screenshot": window.keeping.screenshot,
            "copy_picture": self._copy,
            "export": window.keeping.ask_export,
            "next_person": self._next_person,
            **effects,
            "only": self._only,
            "rename": lambda: window.rename(window.stage.view.selected_id),
            "undo_person": window.options.undo_person,
            "opacity_down": lambda: self._change_opacity(-OPACITY_STEP),
            "opacity_up": lambda: self._change_opacity(OPACITY_STEP),
            "labels": lambda: self._flip("show_labels"),
            "boxes": lambda: self._flip("show_boxes"),
            "backdrop": self._next_backdrop,
            "fullscreen": lambda: window.chrome.set_fullscreen(not window.isFullScreen()),
            "panel": window.chrome.toggle_panel,
            "hud": window.chrome.toggle_hud,
            "appearance": window.chrome.next_appearance,
            "help": self._help,
            "escape": self._escape,
            "quit": window.ask_close,
        }

    def _play_pause(self) -> None:
        state = self._window.player.state()
        if state is not None and state.phase is Phase.ENDED and not self._is_film():
            self._window.sources.reopen()  # no way back to its start but this
        elif self._is_open():
            self._window.player.toggle_pause()

    def _step(self, frames: int) -> None:
        if self._is_film():
            self._window.player.step(frames)

    def _seek_by(self, seconds: float) -> None:
        state = self._window.player.state()
        if state is None or not self._is_film():
            return
        source = state.source
        if source is not None and source.pictures and math.isfinite(seconds):
            if abs(seconds) <= SEEK_S:
                self._window.player.step(int(math.copysign(1, seconds)))
                return
            seconds = math.copysign(FAR_PICTURES, seconds)
        position_s = state.from_start_s
        end_s = source.duration_s if source is not None else None
        if end_s is None:  # unknown: go on from here as far as is asked for
            end_s = position_s + max(0.0, seconds if seconds < float("inf") else 0.0)
        self._window.player.seek(min(max(0.0, position_s + seconds), end_s))

    def _change_speed(self, direction: int) -> None:
        now = self._window.player.playback.speed
        faster = [speed for speed in SPEEDS if (speed - now) * direction > 1e-6]
        if faster:
            self._window.set_speed(min(faster) if direction > 0 else max(faster))

    def _copy(self) -> None:
        """The picture, unless text of a message is selected."""
        focus = QApplication.focusWidget()
        if isinstance(focus, MessageLabel) and focus.hasSelectedText():
            focus.copy()
        else:
            self._window.keeping.copy_picture()

    def _next_person(self) -> None:
        result = self._window.stage.view.result
        ids = sorted(int(i) for i in result.instances.track_ids if i >= 0) if result else []
        if ids:
            now = self._window.stage.view.selected_id
            self._window.select(next((i for i in ids if i > now), ids[0]))

    def _effect(self, effect: object) -> None:
        selected = self._window.stage.view.selected_id
        if selected >= 0:
            self._window.options.set_style(selected, effect=effect)

    def _only(self) -> None:
        options, selected = self._window.options, self._window.stage.view.selected_id
        if options.only_id is not None:
            options.set_only(None)
        elif selected >= 0:
            options.set_only(selected)

    def _change_opacity(self, by: float) -> None:
        now = self._window.options.stored.render.mask_opacity
        self._window.options.update_render(mask_opacity=round(min(1.0, max(0.0, now + by)), 2))

    def _flip(self, field: str) -> None:
        render = self._window.options.stored.render
        self._window.options.update_render(**{field: not getattr(render, field)})

    def _next_backdrop(self) -> None:
        kinds = [k for k in Backdrop if k is not Backdrop.PICTURE or self._window.backdrops.known]
        render = self._window.options.stored.render
        following = kinds[(kinds.index(render.backdrop) + 1) % len(kinds)]
        if following is Backdrop.PICTURE:
            self._window.backdrops.show()
        else:
            self._window.options.update_render(backdrop=following)

    def _help(self) -> None:
        if self._window.help.isVisible():
            self._window.help.hide()
        else:
            self._window.help.open()

    def _escape(self) -> None:
        window = self._window
        if window.help.isVisible():
            window.help.hide()
        elif window.stage.address.isVisible():
            window.stage.address.hide()
        elif window.stage.export.isVisible() and not window.stage.export.busy:
            window.stage.export.hide()
        elif window.isFullScreen():
            window.chrome.set_fullscreen(False)
        elif message := next((m for m in window.stage.messages if m.isVisible()), None):
            message.dismiss()
        else:
            window.select(-1)

    def _is_open(self) -> bool:
        state = self._window.player.state()
        return state is not None and state.phase in (Phase.RUNNING, Phase.PAUSED, Phase.ENDED)

    def _is_film(self) -> bool:
        state = self._window.player.state()
        return self._is_open() and bool(state and state.source and state.source.seekable)
