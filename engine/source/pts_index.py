"""When each picture of a file is shown and where decoding can start, without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import av
import av.error
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from engine.media_file import packets_of
from engine.source.av_open import MediaLocation, has_guessed_pts, lost, open_container
from engine.types import Int64Array

_MAX_REORDER = 64
"""Codecs reorder at most 16 pictures; a larger jump is a gap or a second clip appended."""

_MOST_MISSING_S = 600.0
"""A longer step behind a packet that is missing leads to another recording."""


class KeyPacket(NamedTuple):
    """A packet from which decoding can start, in ticks of the stream's time base."""

    pts: int
    dts: int


@dataclass(frozen=True, slots=True, eq=False)
class PtsIndex:
    """The pictures of one stream in the order in which they are shown.

    pts: (N,) int64, strictly increasing ticks; also those of pictures that the file lacks, where it
    shows that they were there (`_with_missing`). keys: ordered by pts. end_pts: where the
    last picture's time is over.
    """

    pts: Int64Array
    keys: tuple[KeyPacket, ...]
    end_pts: int

    def __len__(self) -> int:
        return len(self.pts)

    def rank(self, pts: int) -> int:
        """How many pictures are shown before the one at `pts`."""
        return int(np.searchsorted(self.pts, pts, side="left"))

    def keys_up_to(self, pts: int) -> Iterator[KeyPacket]:
        """Places to start decoding for the picture at `pts`, nearest first.

        By presentation time: the pictures that follow a key packet in the file but are shown
        before it (open GOP) need the key packet before that one.
        """
        return (key for key in reversed(self.keys) if key.pts <= pts)

    def has_key_between(self, after_pts: int, up_to_pts: int) -> bool:
        """True when starting anew is shorter than decoding on from `after_pts`."""
        return any(after_pts < key.pts <= up_to_pts for key in self.keys)

    def starting_at(self, pts: int) -> PtsIndex:
        """Without the pictures before `pts`, which a stream cut out of another cannot show."""
        return PtsIndex(pts=self.pts[self.rank(pts) :], keys=self.keys, end_pts=self.end_pts)


def build_pts_index(location: MediaLocation, stream_index: int) -> PtsIndex | int:
    """Read all packets of the stream without decoding them.

    The number of pictures where timestamps do not order them: missing (raw H.264), guessed,
    twice the same, or starting over in the middle. Raises SourceError when the file cannot be
    opened or its server stops.
    """
    with open_container(location) as container:
        stream = container.streams[stream_index]
        assert isinstance(stream, VideoStream)
        if has_guessed_pts(container, stream):
            return stream.frames
        numbers_packets = container.format.name == "mpegts"
        longest = int(_MOST_MISSING_S / (stream.time_base or 1)) if numbers_packets else 0
        shown, keys = _scan(stream, _whole_packets(location, packets_of(container, stream)))
    if not shown or any(picture.pts is None for picture in shown):
        return len(shown)
    decode_order = np.array([picture.pts for picture in shown], np.int64)
    order = np.argsort(decode_order, kind="stable")
    pts = decode_order[order]
    if np.any(np.diff(pts) == 0) or np.max(np.abs(order - np.arange(len(pts)))) > _MAX_REORDER:
        return len(shown)
    last_duration = shown[int(order[-1])].duration or _usual_step(pts)
    breaks = np.flatnonzero([picture.breaks_off for picture in shown])
    return PtsIndex(
        pts=_with_missing(pts, decode_order, breaks, longest),
        keys=tuple(sorted(keys)),
        end_pts=int(pts[-1]) + last_duration,
    )


class _Shown(NamedTuple):
    """breaks_off: something is missing in it, right behind it, or right behind the next one."""

    pts: int | None
    duration: int
    breaks_off: bool


def _scan(
    stream: VideoStream, packets: Iterator[Packet[VideoStream]]
) -> tuple[list[_Shown], list[KeyPacket]]:
    """The packets that become a picture, and those where decoding can start."""
    shown: list[_Shown] = []
    keys: list[KeyPacket] = []
    is_vp8 = stream.codec_context.name == "vp8"
    for packet in packets:
        if packet.size == 0:  # end of file, or AVI's "the same picture again"
            continue
        if packet.is_keyframe and packet.pts is not None:
            keys.append(KeyPacket(packet.pts, packet.pts if packet.dts is None else packet.dts))
        # VP8 stores reference pictures that are never shown as packets of their own; bit
        # 4 of the first byte is show_frame (RFC 6386 section 9.1). An edit list marks
        # what it cuts off as "discard".
        if packet.is_discard or (is_vp8 and not bytes(packet)[0] & 0x10):
            continue
        shown.append(_Shown(packet.pts, packet.duration or 0, packet.is_corrupt))
    return shown, keys


def _whole_packets(
    location: MediaLocation, packets: Iterator[Packet[VideoStream]]
) -> Iterator[Packet[VideoStream]]:
    """The packets to where a file breaks off, which is its end. Raises SourceLost.

    A server that stops has the rest: an index without it would give all of it one number.
    """
    try:
        yield from packets
    except (av.FFmpegError, OSError) as error:
        if location.path is None and not isinstance(error, av.error.InvalidDataError):
            raise lost(location, error) from None


def _with_missing(
    pts: Int64Array, decode_order: Int64Array, breaks: Int64Array, longest: int
) -> Int64Array:
    """`pts` and, evenly between them, those of the pictures that are missing at `breaks`.

    decode_order: the same pts as they lie in the file. breaks: places in it. longest: ticks; more
    is another clock, 0 where the file cannot tell.
    """
    step = _usual_step(pts)
    earlier = np.maximum.accumulate(decode_order)
    later = np.minimum.accumulate(decode_order[::-1])[::-1]
    missing = [
        np.arange(earlier[i] + step, later[i + 1] - step // 2, step)
        for i in np.union1d(breaks, breaks + 1)
        if i + 1 < len(pts) and step < later[i + 1] - earlier[i] <= longest
    ]
    return np.sort(np.concatenate((pts, *missing)))


def _usual_step(pts: Int64Array) -> int:
    return int(np.median(np.diff(pts))) if len(pts) > 1 else 0
