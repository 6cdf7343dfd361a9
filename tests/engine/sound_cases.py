"""Films whose sound tells its own time, and a hall in which they are played by a clock of ours."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from engine.sound.player import SoundPlayer
from engine.types import Float32Array
from tests.fake_speaker import RATE_HZ, FakeSpeaker

FPS = 25
FILM_S = 8.0
_LOW_HZ, _RISE_HZ_PER_S = 400.0, 400.0
_WINDOW_S = 0.05


def rising_tone(seconds: float, rate_hz: int, from_s: float = 0.0) -> Float32Array:
    """(N,) a tone whose pitch tells the time; what atempo keeps."""
    t = from_s + np.arange(round(seconds * rate_hz)) / rate_hz
    phase = 2 * math.pi * (_LOW_HZ * t + _RISE_HZ_PER_S / 2 * t * t)
    return np.asarray(0.5 * np.sin(phase), np.float32)


def time_of(samples: Float32Array) -> float | None:
    """The film time in the middle of (N,) samples of a rising tone, None for silence."""
    if np.abs(samples).max() < 0.1:
        return None
    padded = 16 * len(samples)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), padded))
    return (int(spectrum.argmax()) * RATE_HZ / padded - _LOW_HZ) / _RISE_HZ_PER_S


def heard_time(speaker: FakeSpeaker, wall_s: float, channel: int = 0) -> float | None:
    """The film time that is heard at `wall_s`."""
    half_s = _WINDOW_S / 2
    return time_of(speaker.heard_between(wall_s - half_s, wall_s + half_s)[:, channel])


def write_film(
    path: Path,
    sounds: tuple[Float32Array, ...],
    codec: str = "pcm_s16le",
    rate_hz: int = RATE_HZ,
    layout: str = "mono",
    start_s: float = 0.0,
    sound_late_s: float = 0.0,
    default: int = 0,
) -> Path:
    """A film of FILM_S; each sound (channels, N) is one track, number `default` the default."""
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg4", rate=FPS)
        video.width, video.height = 64, 48
        streams = []
        for number in range(len(sounds)):
            stream = output.add_stream(codec, rate=rate_hz)
            stream.codec_context.layout = layout
            stream.disposition = av.stream.Disposition.default if number == default else 0
            streams.append(stream)
        for i in range(round(FILM_S * FPS)):
            picture = VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            picture.pts, picture.time_base = i + round(start_s * FPS), Fraction(1, FPS)
            output.mux(video.encode(picture))
        for stream, sound in zip(streams, sounds, strict=True):
            for first in range(0, sound.shape[1], 1024):
                piece = np.ascontiguousarray(sound[:, first : first + 1024])
                frame = AudioFrame.from_ndarray(piece, "fltp", layout)
                frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
                frame.pts = first + round((start_s + sound_late_s) * rate_hz)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        output.mux(video.encode(None))
    return path


class Hall:
    """A projector, a loudspeaker and a clock that only `run` turns.

    Pictures reach the screen `late_s` after they are due, `jitter_s` more or less.
    """

    def __init__(self, drift: float = 0.0, late_s: float = 0.05, jitter_s: float = 0.0) -> None:
        self.now_s = 1000.0
        self.film_s = 0.0
        self.speed = 1.0
        self.jumps = 0
        self.shown: list[tuple[float, float]] = []
        self.speakers: list[FakeSpeaker] = []
        self.late_s, self._jitter_s, self._drift = late_s, jitter_s, drift
        self._random = np.random.default_rng(0)
        self._on_the_way: list[tuple[float, float, int, float]] = []
        self._picture_at_s = self.pump_at_s = self.now_s
        self.player = SoundPlayer(self.open_speaker, self._wake, now_s=lambda: self.now_s)
        self.open_output: Callable[[], FakeSpeaker] = self._new_speaker

    @property
    def speaker(self) -> FakeSpeaker:
        """The one opened last."""
        return self.speakers[-1]

    def open_speaker(self) -> FakeSpeaker:
        speaker = self.open_output()
        self.speakers.append(speaker)
        return speaker

    def run(self, seconds: float, playing: bool = True, step_s: float = 0.005) -> None:
        """Let so much time pass; the film goes on, or stands."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            if playing and self.now_s >= self._picture_at_s:
                self._project()
            for arrival in [p for p in self._on_the_way if p[0] <= self.now_s]:
                self._on_the_way.remove(arrival)
                self._show(*arrival[1:])
            while self.now_s >= self.pump_at_s:
                wait_s = self.player.pump()
                self.pump_at_s = math.inf if wait_s is None else self.now_s + max(wait_s, 1e-3)
            self.now_s += step_s

    def open(self, path: Path) -> None:
        """Another film, from its start."""
        self._on_the_way.clear()
        self.film_s, self.jumps = 0.0, 0
        self.player.open(path, 1 / FPS)

    def resume(self) -> None:
        """The next picture is due now."""
        self._picture_at_s = self.now_s

    def seek(self, film_s: float) -> None:
        self.player.jump()
        self.film_s, self.jumps = film_s, self.jumps + 1
        self._picture_at_s = self.now_s + 0.04

    def pause(self, seconds: float) -> None:
        self._on_the_way.clear()
        self.player.hold()
        self.run(seconds, playing=False)
        self.resume()

    def errors_s(self, after_s: float = -math.inf) -> list[float]:
        """Of each picture shown since, how much later in the film the sound was, in listening."""
        found = []
        for wall_s, film_s in self.shown:
            if wall_s >= after_s and (error_s := self._error_s(wall_s, film_s)) is not None:
                found.append(error_s)
        return found

    def _error_s(self, wall_s: float, film_s: float) -> float | None:
        """The middle one of three measurements: across a cut two tones mix to any third."""
        found = []
        for aside_s in (-0.03, 0.0, 0.03):
            heard_s = heard_time(self.speaker, wall_s + aside_s)
            if heard_s is not None:
                found.append((heard_s - film_s) / self.speed - aside_s)
        return statistics.median(found) if len(found) == 3 else None

    def _new_speaker(self) -> FakeSpeaker:
        return FakeSpeaker(lambda: self.now_s, drift=self._drift)

    def _wake(self) -> None:
        self.pump_at_s = self.now_s

    def _project(self) -> None:
        late_s = self.late_s + self._random.uniform(-1, 1) * self._jitter_s
        self._on_the_way.append((self.now_s + late_s, self.film_s, self.jumps, self.speed))
        self.film_s += 1 / FPS
        self._picture_at_s += 1 / FPS / self.speed

    def _show(self, film_s: float, jumps: int, speed: float) -> None:
        self.player.show(film_s, jumps, speed)
        if jumps == self.jumps:
            self.shown.append((self.now_s, film_s))
