"""A real film played by the real reader and picker, its sound by a loudspeaker with a bad clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from engine import playback as playback_module
from engine.playback import FramePicker, Playback
from engine.reader import FrameReader
from engine.sound import player as player_module
from engine.sound.piece import SoundPiece
from engine.sound.player import SoundPlayer
from engine.sound.track import SoundTrack
from engine.source.video_file import VideoFileSource
from engine.types import Frame
from tests.fake_speaker import FakeSpeaker
from tests.waiting import wait_until

pytestmark = [pytest.mark.shared, pytest.mark.slow]

LIMIT_S = 0.06
AFTER_A_CUT_S = 0.2
LATE_S = 0.045
"""From when a picture is due until it is on the screen."""


class TellingTrack(SoundTrack):
    """The real track; left is as loud as the film time of each sample, right always the same."""

    def read(self) -> SoundPiece | None:
        piece = super().read()
        if piece is None:
            return None
        times_s = piece.time_s + np.arange(len(piece)) * piece.step_s
        told = np.stack((times_s / 100, np.full(len(piece), 0.1)), axis=1)
        return replace(piece, samples=told.astype(np.float32))


@dataclass
class Window:
    """What the session and the window do with a film, in time that the test makes."""

    path: Path
    drift: float
    now_s: float = 500.0
    playback: Playback = field(default_factory=Playback)
    shown: list[tuple[float, float, float]] = field(default_factory=list)
    jumps: int = 0

    def __post_init__(self) -> None:
        self.speaker = FakeSpeaker(self.perf_counter, drift=self.drift)
        self.player = SoundPlayer(lambda: self.speaker, self._wake, now_s=self.perf_counter)
        self.reader = FrameReader(lambda: VideoFileSource(self.path))
        self.picker = FramePicker(self.reader)
        self._coming: list[tuple[float, Frame, int]] = []
        self.player.open(self.path, 1 / 24)

    def perf_counter(self) -> float:
        return self.now_s

    def do(self, what: Callable[[FramePicker], None], jumps: bool = False) -> None:
        """A wish of the user."""
        if jumps:
            self.player.jump()
            self.jumps += 1
        what(self.picker)

    def run(self, seconds: float, blocked: bool = False) -> tuple[float, float]:
        """Let time pass, of which pictures take none to decode; from when to when.

        blocked: no picture gets through.
        """
        began_s = self.now_s
        while self.now_s < began_s + seconds:
            self.now_s += 0.005
            if not blocked:
                self._take()
            while self._coming and self._coming[0][0] <= self.now_s:
                _, frame, jumps = self._coming.pop(0)
                if not self.playback.paused:
                    stands_s = frame.lead_s + (frame.duration_s or 0.0)
                    self.player.show(frame.shown_s, jumps, self.playback.speed, stands_s)
                    self.shown.append((self.now_s, frame.shown_s, self.playback.speed))
            if self.playback.paused:
                self.player.hold()
            if self.now_s >= self._pump_at_s:
                wait_s = self.player.pump()
                self._pump_at_s = self.now_s + (60.0 if wait_s is None else wait_s)
        return began_s, self.now_s

    def off_by_s(self, since_s: float, until_s: float) -> list[float]:
        """Of each picture shown between, how far the sound heard then was ahead."""
        found = []
        for wall_s, film_s, speed in self.shown:
            left, right = self.speaker.heard_between(wall_s, wall_s + 0.001).max(axis=0)
            if since_s + AFTER_A_CUT_S <= wall_s < until_s and right > 0:
                found.append((float(left / right) * 10 - film_s) / speed)
        return found

    def _wake(self) -> None:
        self._pump_at_s = self.now_s

    def _take(self) -> None:
        reader = self.reader
        wait_until(lambda: reader.waiting or reader.ended or reader.error)
        assert reader.error is None
        frame = self.picker.take(self.playback)
        if frame is not None:
            self._coming.append((self.now_s + LATE_S, frame, self.jumps))


@pytest.mark.parametrize("drift", [-0.005, 0.0, 0.005])
def test_a_real_film_and_its_sound_stay_together(
    shared_dir: Path, drift: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(shared_dir / "data" / "clips" / "juggler-with-audio.mp4", drift)
    monkeypatch.setattr(playback_module, "time", window)
    monkeypatch.setattr(player_module, "SoundTrack", TellingTrack)
    parts = {"start": window.run(1.5)}
    window.do(lambda picker: picker.seek(5.0), jumps=True)
    parts["forward"] = window.run(1.0)
    window.do(lambda picker: picker.seek(1.0), jumps=True)
    parts["back"] = window.run(1.0)
    window.playback = Playback(paused=True)
    window.do(FramePicker.restart_clock)
    window.run(2.0)
    window.playback = Playback()
    window.do(FramePicker.restart_clock)
    parts["after a pause"] = window.run(1.0)
    for speed in (2.0, 0.5, 1.5):
        window.playback = Playback(speed=speed)
        window.do(FramePicker.restart_clock)
        parts[f"{speed}x"] = window.run(1.0)
    window.run(0.9, blocked=True)  # hopelessly late: the clock of the pictures begins anew
    window.run(1.2)
    parts["after a hiccup"] = window.run(0.8)
    window.do(lambda picker: picker.seek(0.0), jumps=True)
    parts["from the start"] = window.run(2.5)
    window.reader.close()
    window.player.close()

    for what, (since_s, until_s) in parts.items():
        off_s = window.off_by_s(since_s, until_s)
        print(f"{what}: {len(off_s)} pictures, {min(off_s):+.3f} to {max(off_s):+.3f} s")
        assert len(off_s) >= 8, what
        assert max(map(abs, off_s)) < LIMIT_S, what
