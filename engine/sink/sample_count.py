"""Sound without compression in MP4 and MOV, whose samples have no times but are counted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

from av.audio.stream import AudioStream
from av.packet import Packet

from engine.sink.sound import MAX_GAP_S
from engine.sink.track_facts import bytes_per_moment, quiet_byte


class SampleCount:
    """Where on the clock of a recording the next sample of `source` would be played.

    Players count the samples of a track, so whatever a film leaves out, be it a pause or the part
    of a packet at a jump, would make all that follows too early.
    """

    def __init__(self, source: AudioStream) -> None:
        self._rate_hz = source.codec_context.sample_rate
        self._moment_bytes = bytes_per_moment(source)
        self._quiet = quiet_byte(source)
        self._end: int | None = None  # samples
        self._goes_on = False

    def begin(self) -> None:
        """What follows does not go on where the last packet ended."""
        self._goes_on = False

    def moment_of_silence(self) -> Iterator[Packet[AudioStream]]:
        """With which the recording begins, for a track in which nothing else is yet."""
        self._end = 0
        return self.silence_until(MAX_GAP_S)

    def silence_until(self, time_s: float) -> Iterator[Packet[AudioStream]]:
        """What is missing until then, a second in each packet, with its times."""
        if self._end is None:
            self._end = round(time_s * self._rate_hz)
        missing = round(time_s * self._rate_hz) - self._end
        if self._goes_on and missing < MAX_GAP_S * self._rate_hz:
            return
        while missing > 0:
            samples = min(missing, self._rate_hz)
            quiet = self._quiet * (samples * self._moment_bytes)
            packet = cast("Packet[AudioStream]", Packet(quiet))
            packet.is_keyframe = True
            self.add(packet)
            yield packet
            missing -= samples

    def add(self, packet: Packet[AudioStream]) -> None:
        """Give the next packet its times."""
        assert self._end is not None
        samples = packet.size // self._moment_bytes
        packet.time_base = Fraction(1, self._rate_hz)
        packet.pts = packet.dts = self._end
        packet.duration = samples
        self._end += samples
        self._goes_on = True
