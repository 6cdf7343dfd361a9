"""Clips with a sound that tells its own moment, recordings of them, and how far they are apart."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame

from engine.sink.options import RecorderOptions
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from tests.engine.sink_cases import make_results, write_all

RATE = 48_000
FPS = 25
SOURCE_S = 4.0

Samples = npt.NDArray[np.float32]


def make_clip(
    path: Path,
    audio_codec: str,
    start_s: float = 0.0,
    audio_late_s: float = 0.0,
    pictures_s: float = SOURCE_S,
    layout: str = "mono",
    pictures_late_s: float = 0.0,
) -> Path:
    """Four seconds of noise as sound, which no two moments share, and pictures with it."""
    noise = np.random.default_rng(0).normal(0, 0.2, (1, int(SOURCE_S * RATE))).astype(np.float32)
    channels = AudioLayout(layout).nb_channels
    with av.open(str(path), "w") as output:
        video = output.add_stream("mpeg4", rate=FPS)
        video.width, video.height = 64, 48
        audio = output.add_stream(audio_codec, rate=RATE)
        audio.codec_context.layout = layout
        for i in range(int(pictures_s * FPS)):
            frame = VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            frame.pts = i + round((start_s + pictures_late_s) * FPS)
            frame.time_base = Fraction(1, FPS)
            output.mux(video.encode(frame))
        for start in range(0, noise.shape[1], 960):
            piece = noise[:, start : start + 960].repeat(channels, axis=1)
            sound = AudioFrame.from_ndarray(piece, "flt", layout)
            sound.sample_rate, sound.time_base = RATE, Fraction(1, RATE)
            sound.pts = start + round((start_s + audio_late_s) * RATE)
            output.mux(audio.encode(sound))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


def with_pause(clip: Path) -> Path:
    """A copy without the sound from 0.5 s to 2 s."""
    path = clip.with_name(f"pause{clip.suffix}")
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        tracks = [output.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            is_sound = packet.stream.type == "audio"
            if packet.dts is None or (is_sound and 0.5 < packet.pts * packet.time_base < 2.0):
                continue
            packet.stream = tracks[packet.stream.index]
            output.mux(packet)
    return path


def options(audio_from: Path) -> RecorderOptions:
    return RecorderOptions(when_full=WhenFull.WAIT, fps=FPS, audio_from=audio_from)


def record(path: Path, source: Path, times_s: Sequence[float]) -> VideoRecorder:
    recorder = VideoRecorder(path, options=options(source))
    write_all(recorder, make_results(times_s))
    return recorder


def read_sound(path: Path) -> tuple[float, Samples]:
    """Time of the first sample, and the first channel from there on, gaps and damage as silence."""
    frames: list[AudioFrame] = []
    with av.open(str(path)) as container:
        for packet in container.demux(audio=0):
            with contextlib.suppress(av.FFmpegError):
                frames += packet.decode()
    start_s = frames[0].time
    samples = np.zeros(round((frames[-1].time - start_s) * RATE) + frames[-1].samples, np.float32)
    for frame in frames:
        first = round((frame.time - start_s) * RATE)
        step = 1 if frame.format.is_planar else frame.layout.nb_channels
        samples[first : first + frame.samples] = frame.to_ndarray()[0, ::step]
    return start_s, samples


def loudness(path: Path, from_s: float, until_s: float) -> float:
    """Of the sound of a file between two times, where 1 is the loudest that there is."""
    loudest = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            resampled = AudioResampler("flt", "mono", RATE).resample(frame)
            samples = np.concatenate([piece.to_ndarray()[0] for piece in resampled])
            times_s = frame.time + np.arange(len(samples)) / RATE
            within = samples[(times_s >= from_s) & (times_s < until_s)]
            loudest = max(loudest, float(np.sqrt(np.mean(within**2))) if len(within) else 0.0)
    return loudest


def count_packets(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(packet.pts is not None for packet in container.demux(audio=0))


def sync_error_s(output: Path, source: Path, output_s: float, source_s: float) -> float:
    """How much later than due 0.2 s of sound at `output_s` is, by correlation."""
    source_start_s, original = read_sound(source)
    output_start_s, copy = read_sound(output)
    first = round((output_s - output_start_s) * RATE)
    piece = copy[first : first + RATE // 5]
    due = round((source_s - source_start_s) * RATE)
    reach = RATE // 10
    window = original[due - reach : due + reach + len(piece)]
    return (reach - int(np.argmax(np.correlate(window, piece, "valid")))) / RATE


def grid(first_s: float, last_s: float) -> list[float]:
    return [i / FPS for i in range(round(first_s * FPS), round(last_s * FPS))]


def codec_of_sound(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.codec.canonical_name
