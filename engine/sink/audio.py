"""The sound of a source file on the timeline of a recording: packets copied where they fit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from engine.media_file import (
    DAMAGED,
    go_near,
    leave_out_pictures,
    open_file,
    packets_of,
    sound_track,
)
from engine.sink.copied_sound import STAND_IN_AFTER_S, SoundCopier
from engine.sink.sound import PRIMING_S, SoundConverter
from engine.sink.sound_clock import in_order
from engine.sink.track_facts import can_be_described, others_left_out

_NEAR_S = 0.5
"""So far from the beginning nothing is gained by a search."""

_LONGEST_S = 0.5
"""Of a packet of a codec that has no usual length."""

_Made = TypeVar("_Made")


class AudioCopy:
    """The audio track of a file that is heard when it is played; used by one thread.

    Its packets are copied as they are, or encoded anew after `convert`.

    The recording may consist of segments: from `output_s` of the recording on, the sound
    is that of `source_s` of the file, until the next segment begins. warning: why sound
    is missing or ends early, "" where it does not.
    """

    def __init__(self, path: Path) -> None:
        self.warning = ""
        self._name = path.name
        self._input: InputContainer | None = None
        self._source: AudioStream | None = None
        self._target: AudioStream | None = None
        self._encoder = ""
        self._converter: SoundConverter | None = None
        self._copier: SoundCopier | None = None
        self._preroll = False
        self._needs_packet = False
        self._segments: deque[tuple[float, float]] = deque()
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._held: Packet[AudioStream] | None = None
        self._offset_s = 0.0
        self._from_s = 0.0
        self._next_s = float("-inf")
        self._was_read = False
        try:
            self._input = open_file(path)
        except (av.FFmpegError, OSError, ValueError) as error:
            self.warning = f"The sound of {path.name} cannot be read: {error}."
            return
        leave_out_pictures(self._input)
        self._source = sound_track(self._input)
        self.warning = others_left_out(path.name, self._input, self._source)

    @property
    def codec_name(self) -> str:
        """Of the track, "" where there is none."""
        if self._source is None:
            return ""
        return self._source.codec_context.codec.canonical_name

    def attach(self, output: OutputContainer, preroll: bool) -> None:
        """Add the track to `output`; a container that cannot hold it gives a warning.

        preroll: the packet before the first picture is kept, as `output` can hide it; other
        kinds of file hide as much as the track itself tells them to.
        """
        self._target = self._converter = self._copier = None
        self._preroll = self._needs_packet = preroll
        if self._source is None:
            return
        try:
            if self._encoder:
                self._converter = SoundConverter(self._source, output, self._encoder)
                self._target = self._converter.stream
            elif can_be_described(self._source, output):
                self._copier = SoundCopier(self._source, output, edit_lists=preroll)
                self._target = self._copier.stream
        except (av.FFmpegError, ValueError):
            self._target = None

    @property
    def attached(self) -> bool:
        """True when the output has a track for the sound."""
        return self._target is not None

    def convert(self, encoder: str) -> None:
        """Encode with `encoder` from the next `attach` on."""
        self._encoder = encoder

    def refuse(self, container: str) -> None:
        """Give the sound up, as `container` does not take it."""
        self.warning = (
            f"The sound ({self.codec_name}) of {self._name} does not fit into {container} "
            "and was left out; .mkv takes nearly every kind."
        )
        self._source = self._target = self._converter = self._copier = None

    def add_segment(self, output_s: float, source_s: float) -> None:
        """From `output_s` on, seconds, play the file from `source_s` on."""
        self._segments.append((output_s, source_s))

    def packets_until(self, output_s: float) -> Iterator[Packet[AudioStream]]:
        """The packets that begin before `output_s`, ready for the muxer, in order."""
        for packet in self._due(output_s):
            yield packet
            self._needs_packet = False
        if output_s >= STAND_IN_AFTER_S:
            yield from self._stand_in()

    def rest(self) -> Iterator[Packet[AudioStream]]:
        """What follows the last `packets_until`: what an encoder still holds."""
        if self._converter is not None and self._target is not None:
            for packet in self._converter.finish():
                yield packet
                self._needs_packet = False
        yield from self._stand_in()

    def stop(self, error: Exception) -> None:
        """No more sound, because of `error`; the pictures go on."""
        self.warning = f"The sound of {self._name} ends early: {error}."
        self._packets, self._held, self._target = iter(()), None, None
        self._segments.clear()

    def close(self) -> None:
        """Close the source file."""
        if self._input is not None:
            self._input.close()
        self._input = self._source = self._target = self._converter = self._copier = None

    def _due(self, output_s: float) -> Iterator[Packet[AudioStream]]:
        if self._target is None:
            return
        while self._segments and self._segments[0][0] < output_s:
            start_s, source_s = self._segments.popleft()
            yield from self._take(start_s)
            self._begin(start_s, source_s)
        yield from self._take(output_s)

    def _stand_in(self) -> Iterator[Packet[AudioStream]]:
        """For a track without a packet, so that the muxer does not wait for it any longer."""
        is_needed, self._needs_packet = self._needs_packet, False
        if is_needed and self._copier is not None:
            yield from self._copier.stand_in(self._known_packets())
        elif is_needed and self._converter is not None:
            yield from self._converter.stand_in()

    def _known_packets(self) -> Iterator[Packet[AudioStream]]:
        """The one that comes next; where none does, all of the file. Raises av.FFmpegError."""
        if self._held is not None:
            yield self._held
        elif self._input is not None and self._source is not None:
            go_near(self._input, self._source, 0.0)
            yield from packets_of(self._input, self._source)

    def _begin(self, output_s: float, source_s: float) -> None:
        assert self._input is not None
        assert self._source is not None
        self._offset_s, self._from_s, self._held = source_s - output_s, output_s, None
        if self._converter is not None:
            self._converter.begin(output_s)
        if self._copier is not None:
            self._copier.begin()
        try:
            start_s = (self._input.start_time or 0) / av.time_base
            if self._was_read or source_s > start_s + _NEAR_S:
                go_near(self._input, self._source, source_s)
            self._was_read = True
            found = packets_of(self._input, self._source)
            self._packets = in_order(found, source_s, self._tell_restart)
        except (av.FFmpegError, OSError) as error:
            self.stop(error)

    def _take(self, output_s: float) -> Iterator[Packet[AudioStream]]:
        while (packet := self._held or self._read()) is not None:
            self._held = None
            assert packet.pts is not None
            time_base = float(packet.time_base)
            start_s = packet.pts * time_base - self._offset_s
            end_s = start_s + self._own_ticks(packet) * time_base
            if start_s >= output_s:
                self._held = packet
                return
            if self._is_wanted(start_s, end_s):
                self._next_s = end_s
                if self._converter is not None:
                    frames = self._undamaged(packet, Packet.decode)
                    yield from self._converter.convert(frames, self._offset_s)
                elif self._copier is not None:
                    packet.pts -= round(self._offset_s / time_base)
                    packet.dts = packet.pts
                    packet.duration = min(packet.duration or 0, self._own_ticks(packet))
                    yield from self._copier.before(start_s)
                    yield from self._undamaged(packet, self._copier.copy)

    def _undamaged(
        self,
        packet: Packet[AudioStream],
        work: Callable[[Packet[AudioStream]], Iterable[_Made]],
    ) -> list[_Made]:
        """What becomes of a packet; nothing of a damaged one, which players leave out, too."""
        try:
            return list(work(packet))
        except DAMAGED:
            self._tell_damage()
            return []

    def _tell_damage(self) -> None:
        self._tell(f"Parts of the sound of {self._name} are damaged and were left out.")

    def _tell_restart(self) -> None:
        self._tell(f"The clock of {self._name} starts over; its sound ends there.")

    def _tell(self, what: str) -> None:
        if what not in self.warning:
            self.warning = f"{self.warning} {what}".strip()

    def _is_wanted(self, start_s: float, end_s: float) -> bool:
        tolerance_s = 1e-4
        if self._converter is not None:
            return end_s >= self._from_s - PRIMING_S
        if start_s < self._next_s - tolerance_s:
            return False
        if self._from_s > 0.0:
            return start_s >= self._from_s - tolerance_s
        if self._preroll:
            # One packet that ends when the picture begins, or soon after: decoders of
            # AAC and Opus need it to be right from the first sample on.
            return end_s >= -tolerance_s
        # One that begins earlier would move the pictures. Times are rounded to a millisecond.
        assert self._copier is not None
        return start_s * 1e3 > -self._copier.hidden_ms - 0.5

    def _own_ticks(self, packet: Packet[AudioStream]) -> int:
        """How long a packet is, without the pause after it, which MP4 adds to its length; also of
        one that does not tell, as the first one of AAC in Matroska."""
        assert self._source is not None
        codec, told = self._source.codec_context, packet.duration or 0
        usual_s = codec.frame_size / codec.sample_rate if codec.sample_rate else 0.0
        most_s = 2 * usual_s or _LONGEST_S
        return told if 0 < told * packet.time_base <= most_s else int(usual_s / packet.time_base)

    def _read(self) -> Packet[AudioStream] | None:
        try:
            return next(self._packets, None)
        except (av.FFmpegError, OSError) as error:
            self.stop(error)
        return None
