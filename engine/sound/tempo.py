"""Decoded sound as the loudspeaker wants it: its rate, two channels, any tempo at one pitch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from engine.sound.piece import CHANNELS, SoundPiece
from engine.types import Float32Array

MAX_GAP_S = 0.02
"""Times of packets are rounded, in Matroska to a millisecond; a larger step is a real gap."""


class TempoFilter:
    """libavfilter on frames of one kind that follow each other without a gap.

    first: decides on the kind. time_s: where it begins on the film's timeline.
    """

    def __init__(self, first: AudioFrame, time_s: float, rate_hz: int, speed: float) -> None:
        self._kind = _kind(first)
        self._start_s = self._end_s = time_s
        self._step_s = speed / rate_hz
        self._taken = self._given = 0
        self._graph = Graph()
        chain = [
            self._graph.add_abuffer(
                sample_rate=first.sample_rate,
                format=first.format.name,
                layout=first.layout.name,
                time_base=Fraction(1, first.sample_rate),
            ),
            self._graph.add(
                "aformat", f"sample_fmts=flt:sample_rates={rate_hz}:channel_layouts=stereo"
            ),
        ]
        if speed != 1.0:
            chain.append(self._graph.add("atempo", f"{speed:g}"))
        self._graph.link_nodes(*chain, self._graph.add("abuffersink")).configure()

    def takes(self, frame: AudioFrame, time_s: float) -> bool:
        """Whether that frame is of the same kind and begins where the last one ended."""
        return _kind(frame) == self._kind and abs(time_s - self._end_s) < MAX_GAP_S

    def put(self, frame: AudioFrame | None) -> Iterator[SoundPiece]:
        """What is ready after this frame, or after the last one for None."""
        if frame is not None:
            frame.pts, frame.time_base = self._taken, Fraction(1, frame.sample_rate)
            self._taken += frame.samples
            self._end_s = self._start_s + self._taken / frame.sample_rate
        self._graph.push(frame)
        while True:
            try:
                ready = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(ready, AudioFrame)
            time_s = self._start_s + self._given * self._step_s
            self._given += ready.samples
            if ready.samples:
                yield SoundPiece(_samples(ready), time_s, self._step_s)


def _samples(packed: AudioFrame) -> Float32Array:
    return np.asarray(packed.to_ndarray().reshape(-1, CHANNELS), np.float32)


def _kind(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name
