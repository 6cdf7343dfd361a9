"""Playing films, and going about in them."""

from __future__ import annotations

import math

from app.acting.playing import Playing
from app.acting.retry import Retry
from app.acting.sound import Sound
from app.held.shortcuts import Handlers
from app.running.player import Player
from app.shown.transport import SPEEDS
from engine.board import Phase

SEEK_S, FAR_SEEK_S = 5.0, 30.0
FAR_PICTURES = 10


class PlaybackCommands:
    """They do nothing where there is no film to do it with."""

    def __init__(self, player: Player, playing: Playing, sound: Sound, retry: Retry) -> None:
        self._player, self._playing, self._sound, self._retry = player, playing, sound, retry

    def handlers(self) -> Handlers:
        """Command name → what it does."""
        return {
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
            "loop": self._playing.toggle_loop,
            "mute": self._sound.toggle_mute,
            "louder": lambda: self._sound.change_volume(1),
            "quieter": lambda: self._sound.change_volume(-1),
        }

    def _play_pause(self) -> None:
        state = self._player.state()
        if state is not None and state.phase is Phase.ENDED and not self._is_film():
            self._retry.reopen()  # no way back to its start but this
        elif self._is_open():
            self._player.toggle_pause()

    def _step(self, frames: int) -> None:
        if self._is_film():
            self._player.step(frames)

    def _seek_by(self, seconds: float) -> None:
        state = self._player.state()
        if state is None or not self._is_film():
            return
        source = state.source
        if source is not None and source.pictures and math.isfinite(seconds):
            if abs(seconds) <= SEEK_S:
                self._player.step(int(math.copysign(1, seconds)))
                return
            seconds = math.copysign(FAR_PICTURES, seconds)
        position_s = state.from_start_s
        end_s = source.duration_s if source is not None else None
        if end_s is None:  # unknown: go on from here as far as is asked for
            end_s = position_s + max(0.0, seconds if seconds < float("inf") else 0.0)
        self._player.seek(min(max(0.0, position_s + seconds), end_s))

    def _change_speed(self, direction: int) -> None:
        now = self._player.playback.speed
        faster = [speed for speed in SPEEDS if (speed - now) * direction > 1e-6]
        if faster:
            self._playing.set_speed(min(faster) if direction > 0 else max(faster))

    def _is_open(self) -> bool:
        state = self._player.state()
        return state is not None and state.phase in (Phase.RUNNING, Phase.PAUSED, Phase.ENDED)

    def _is_film(self) -> bool:
        state = self._player.state()
        return self._is_open() and bool(state and state.source and state.source.seekable)
