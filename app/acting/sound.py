"""The sound of the film in the window: follows the pictures, as loud as the user wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.held.kept import Kept
from app.running.player import Player
from app.running.sound_thread import SoundThread
from app.shown.volume import Volume
from engine.board import Phase, SessionState
from engine.sound.screen import FASTEST_HEARD, SLOWEST_HEARD
from engine.source.base import SourceInfo
from engine.types import Result

if TYPE_CHECKING:
    from engine.sound.output import SoundOutput

VOLUME_STEP = 0.1


class Sound(QObject):
    """Tells the engine's sound player what the window shows, and the bar what can be heard.

    Its thread starts with the first film that has sound, so it costs no start. open_speaker:
    in that thread; raises SoundError.
    """

    def __init__(
        self, open_speaker: Callable[[], SoundOutput], player: Player, bar: Volume, kept: Kept
    ) -> None:
        super().__init__(player)
        self._open_speaker, self._player, self._bar, self._kept = open_speaker, player, bar, kept
        self._thread: SoundThread | None = None
        self._source: SourceInfo | None = None
        self._plays = False
        player.changed.connect(self.on_state)
        player.arrived.connect(self.on_arrived)
        player.sought.connect(self.on_sought)
        bar.volume_chosen.connect(self.set_volume)
        self.show()

    @property
    def running(self) -> bool:
        """True while the thread lives."""
        return self._thread is not None and self._thread.isRunning()

    def on_state(self, state: SessionState | None) -> None:
        """Another film, or it plays, stands or is over."""
        source = state.source if state is not None else None
        if source != self._source:
            self._source = source
            self._open(source)
            self.show()
        plays = state is not None and state.phase is Phase.RUNNING
        if self._plays and not plays:
            self._hold()
        self._plays = plays

    def on_arrived(self, result: Result) -> None:
        """That picture is on the screen now."""
        speed = self._player.playback.speed
        if self._thread is not None and self._plays and not self._kept.view.muted:
            frame = result.frame
            stands_s = frame.lead_s + (frame.duration_s or 0.0)
            self._thread.player.show(frame.shown_s, result.jumps, speed, stands_s)

    def on_sought(self) -> None:
        """The film goes on elsewhere; its picture is to come."""
        if self._thread is not None:
            self._thread.player.jump()

    def toggle_mute(self) -> None:
        """Silence, or as loud as before."""
        view = self._kept.view
        self._set(view.volume or VOLUME_STEP, not view.muted)

    def set_volume(self, volume: float) -> None:
        """As loud as the slider says, 0 to 1; that also ends silence."""
        self._set(min(max(volume, 0.0), 1.0), muted=False)

    def change_volume(self, direction: int) -> None:
        """A step louder or quieter."""
        view = self._kept.view
        self.set_volume(round(view.volume + direction * VOLUME_STEP, 2))

    def show(self) -> None:
        """Let the bar show how it is."""
        view, source = self._kept.view, self._source
        problem = self._thread.player.problem if self._thread is not None else ""
        if source is not None and not source.has_audio:
            problem = "This film has no sound."
        elif source is not None and source.path is None:
            problem = "Films from the net play without sound."
        elif not SLOWEST_HEARD <= self._player.playback.speed <= FASTEST_HEARD:
            problem = f"Sound is heard from {SLOWEST_HEARD:g}× to {FASTEST_HEARD:g}×."
        self._bar.show_sound(view.volume, view.muted, problem)

    def end(self) -> None:
        """Stop for good; `running` turns False when file and loudspeaker are given back."""
        if self._thread is not None:
            self._thread.end()

    def _set(self, volume: float, muted: bool) -> None:
        self._kept.change_view(volume=volume, muted=muted)
        if self._thread is not None:
            self._thread.player.set_gain(_gain(volume))
        if muted:
            self._hold()
        self.show()

    def _open(self, source: SourceInfo | None) -> None:
        has_sound = source is not None and source.has_audio and not source.live
        path = source.path if source is not None and has_sound else None
        if path is not None and self._thread is None:
            self._start()
        if self._thread is not None:
            picture_s = 1 / source.fps if source is not None and source.fps else 0.0
            self._thread.player.open(path, picture_s)

    def _start(self) -> None:
        self._thread = SoundThread(self._open_speaker, self)
        self._thread.player.set_gain(_gain(self._kept.view.volume))
        self._thread.problem_changed.connect(self.show)
        self._thread.start()

    def _hold(self) -> None:
        if self._thread is not None:
            self._thread.player.hold()


def _gain(volume: float) -> float:
    """Ears hear ratios: the third power makes the slider even, as in most mixers."""
    return volume**3
