"""Sound decoded and encoded anew, for containers that do not take its codec as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import OutputContainer
from av.packet import Packet

PRIMING_S = 0.1
"""Decoders get so much of what came before: codecs overlap their blocks."""

_USUAL_RATE_HZ = 48_000
"""The only one that every encoder of Opus takes; also of sound that does not tell its own."""

MAX_GAP_S = 0.02
"""Times of packets are rounded, in Matroska to a millisecond; a larger step is a real gap."""


def silence(like: AudioStream) -> list[Packet[AudioStream]]:
    """A moment of silence at 0, as packets of the kind of `like`; none without an encoder of it."""
    try:
        return _encoded_silence(like)
    except (av.FFmpegError, ValueError):
        return []


def _encoded_silence(like: AudioStream) -> list[Packet[AudioStream]]:
    known = like.codec_context
    encoder = CodecContext.create(known.codec.canonical_name, "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate, encoder.layout = known.sample_rate, known.layout.name
    encoder.format, encoder.time_base = known.format.name, Fraction(1, known.sample_rate)
    encoder.open()
    quiet = np.zeros((known.layout.nb_channels, encoder.frame_size), np.float32)
    frame = AudioFrame.from_ndarray(quiet, "fltp", known.layout.name)
    frame.sample_rate, frame.pts, frame.time_base = known.sample_rate, 0, encoder.time_base
    return [*encoder.encode(frame), *encoder.encode(None)]


class _Kind(NamedTuple):
    """What samples are, by the names of FFmpeg."""

    format: str
    layout: str
    rate_hz: int


class SoundConverter:
    """One track into one encoder, exact to the sample; used by one thread.

    encoder: "libopus" or "aac". More than two channels become two. stream: the track in
    `output`. Raises av.FFmpegError, ValueError where there is no such encoder.
    """

    def __init__(self, source: AudioStream, output: OutputContainer, encoder: str) -> None:
        self._decoder = source.codec_context
        told_hz = 0 if encoder == "libopus" else self._decoder.sample_rate
        rate_hz = told_hz or _USUAL_RATE_HZ
        stream = output.add_stream(encoder, rate=rate_hz)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = "mono" if self._decoder.channels == 1 else "stereo"
        stream.codec_context.time_base = Fraction(1, rate_hz)
        self.stream = stream
        self._from_s = 0.0
        self._next_s = 0.0
        self._goes_on = False
        self._kind: _Kind | None = None
        self._resampled: _Kind | None = None
        self._resampler: AudioResampler | None = None

    def begin(self, output_s: float) -> None:
        """What follows begins at `output_s` of the recording; sound before it is left out."""
        self._from_s = max(output_s, self._next_s)
        self._goes_on = False
        self._decoder.flush_buffers()

    def convert(
        self, frames: Iterable[AudioFrame], offset_s: float
    ) -> Iterator[Packet[AudioStream]]:
        """offset_s: time in the source minus time in the recording."""
        for decoded in frames:
            for frame in self._alike(decoded):
                if frame.time is not None:
                    yield from self._encode(frame, frame.time - offset_s)

    def finish(self) -> Iterator[Packet[AudioStream]]:
        """What the encoder still holds."""
        if self._next_s > 0:
            yield from self.stream.encode(None)

    def stand_in(self) -> Iterator[Packet[AudioStream]]:
        """A moment of silence at 0, where so far there was no sound."""
        for packet in silence(self.stream):
            packet.stream = self.stream
            yield packet

    def _alike(self, frame: AudioFrame) -> list[AudioFrame]:
        """Of the kind of the first one: broadcasts change between stereo and more channels."""
        kind = _Kind(frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind is None:
            self._kind = kind
        if kind == self._kind:
            return [frame]
        if self._resampler is None or kind != self._resampled:
            self._resampler, self._resampled = AudioResampler(*self._kind), kind
        return self._resampler.resample(frame)

    def _encode(self, frame: AudioFrame, output_s: float) -> Iterator[Packet[AudioStream]]:
        rate_hz = frame.sample_rate
        if self._goes_on and abs(output_s - self._next_s) < MAX_GAP_S:
            output_s = self._next_s
        surplus = max(0, round((self._from_s - output_s) * rate_hz))
        if surplus >= frame.samples:
            return
        output_s += surplus / rate_hz
        cut = _without_start(frame, surplus)
        cut.pts, cut.time_base = round(output_s * rate_hz), Fraction(1, rate_hz)
        self._next_s = self._from_s = output_s + cut.samples / rate_hz
        self._goes_on = True
        yield from self.stream.encode(cut)


def _without_start(frame: AudioFrame, samples: int) -> AudioFrame:
    if samples == 0:
        return frame
    step = 1 if frame.format.is_planar else frame.layout.nb_channels
    rest = np.ascontiguousarray(frame.to_ndarray()[:, samples * step :])
    made = AudioFrame.from_ndarray(rest, frame.format.name, frame.layout.name)  # type: ignore[arg-type]
    made.sample_rate = frame.sample_rate
    return made
