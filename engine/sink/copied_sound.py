"""One track of sound copied packet by packet, and what stands in where there is no sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import cast

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from engine.media_file import DAMAGED
from engine.sink.sample_count import SampleCount
from engine.sink.sound import silence
from engine.sink.track_facts import (
    adts_filter,
    has_samples_alone,
    hidden_ms,
    is_unlike_others,
    is_whole,
    name_channels,
)

STAND_IN_AFTER_S = 1.0
"""FFmpeg's MP4 muxer writes nothing until each track has a packet: all waits in memory, and is
lost with the process. Where a film is silent for so long, the track gets one all the same."""


class SoundCopier:
    """The packets of `source` as `output` wants them; used by one thread.

    edit_lists: as of `ContainerFormat`. stream: the track in `output`. hidden_ms: see there.
    Raises av.FFmpegError, ValueError where `output` does not take the track.
    """

    def __init__(self, source: AudioStream, output: OutputContainer, edit_lists: bool) -> None:
        self._source = source
        self.stream = output.add_stream_from_template(source)
        self.hidden_ms = 0 if edit_lists else hidden_ms(self.stream)
        self._filter = adts_filter(source)
        self._count: SampleCount | None = None
        name_channels(source, self.stream)
        if edit_lists and has_samples_alone(source):
            self._count = SampleCount(source)

    def begin(self) -> None:
        """What follows comes after a jump."""
        if self._count is not None:
            self._count.begin()

    def before(self, start_s: float) -> Iterator[Packet[AudioStream]]:
        """What has to come before a packet that begins at `start_s` of the recording."""
        return self._ours(self._count.silence_until(start_s) if self._count is not None else ())

    def copy(self, packet: Packet[AudioStream]) -> list[Packet[AudioStream]]:
        """What becomes of a packet with times of the recording. Raises one of `DAMAGED`."""
        if not is_whole(self._source, packet):
            raise ValueError("this is no whole packet")
        time_base = packet.time_base
        # The filter empties the packet that it is given.
        made = list(self._filter.filter(packet)) if self._filter is not None else [packet]
        for filtered in made:
            filtered.time_base = time_base
            if self._count is not None:
                self._count.add(filtered)
        return list(self._ours(made))

    def stand_in(self, known: Iterable[Packet[AudioStream]]) -> Iterator[Packet[AudioStream]]:
        """What nobody hears, for a recording that begins without sound; maybe nothing.

        A moment of silence, or one of `known`, packets of the track, before the first picture,
        where the edit list hides it: where silence of another encoder would be no silence, and
        where there is no encoder.
        """
        if self._count is not None:
            return self._ours(self._count.moment_of_silence())
        if is_unlike_others(self._source):
            return self._ours(self._hidden(known) or silence(self.stream))
        return self._ours(silence(self.stream) or self._hidden(known))

    def _hidden(self, known: Iterable[Packet[AudioStream]]) -> list[Packet[AudioStream]]:
        try:
            like = next((packet for packet in known if packet.size), None)
            made = _before_pictures(like, self._source) if like is not None else None
            return self.copy(made) if made is not None else []
        except (*DAMAGED, OSError):
            return []

    def _ours(self, packets: Iterable[Packet[AudioStream]]) -> Iterator[Packet[AudioStream]]:
        for packet in packets:
            packet.stream = self.stream
            yield packet


def _before_pictures(like: Packet[AudioStream], source: AudioStream) -> Packet[AudioStream] | None:
    """None where it is not known how long it is: players leave out as much as lies before 0, of
    what comes later, too."""
    codec, time_base, ticks = source.codec_context, like.time_base, like.duration
    if codec.frame_size and codec.sample_rate:
        time_base, ticks = Fraction(1, codec.sample_rate), codec.frame_size
    if not ticks:
        return None
    made = cast("Packet[AudioStream]", Packet(bytes(like)))
    made.time_base, made.is_keyframe = time_base, True
    made.pts, made.dts, made.duration = -ticks, -ticks, ticks
    return made
