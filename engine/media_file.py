"""Media files as PyAV opens them: what sources and sinks read in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

# From 19 on PyAV takes titles and comments in any encoding, and the argument is gone; before,
# a file with one that is not UTF-8 did not open without it.
_ANY_TEXT: Mapping[str, Any] = (
    {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
)

DAMAGED = (av.FFmpegError, ValueError)
"""What `Packet.decode` raises of a packet that cannot be decoded. From 19 on PyAV raises the latter
where the decoder could not be begun before."""

_MOST_GAPS = 1000
"""Each is 64 KiB without a packet, so this is more than damage and less than another file."""

_SEEK_BACK_S = 0.5
"""A seek aims this much early: containers find the packet before a time only roughly."""

AnyStream = TypeVar("AnyStream", VideoStream, AudioStream)


def open_input(
    address: str,
    options: Mapping[str, str] | None = None,
    timeout: tuple[float, float] | None = None,
) -> InputContainer:
    """Open for reading, whatever encoding its texts have.

    address: a path or what else libav opens. timeout: seconds for opening and for every
    read, None waits for ever. Raises av.FFmpegError, OSError, ValueError.
    """
    container: InputContainer = av.open(
        address, mode="r", options=dict(options or {}), timeout=timeout, **_ANY_TEXT
    )
    return container


def open_file(path: Path) -> InputContainer:
    """As `open_input`, of a file, whatever it is called."""
    # Absolute, because libav takes the part of a name before a colon for a protocol.
    return open_input(str(path.absolute()))


def moving_picture(container: InputContainer) -> VideoStream | None:
    """The stream that is played, not the cover of a song; None where there is none."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    if isinstance(best, VideoStream) and best in streams:
        return best
    return streams[0] if streams else None


def packets_of(container: InputContainer, stream: AnyStream) -> Iterator[Packet[AnyStream]]:
    """Packets from here to the end. Raises av.FFmpegError.

    In a transport stream libav searches only so far for the next packet and then wants to be
    asked again ("resource temporarily unavailable").
    """
    for _ in range(_MOST_GAPS):
        try:
            yield from container.demux(stream)
        except av.error.BlockingIOError:
            continue
        except IndexError:
            # At the end PyAV may ask for streams that came up midway, which it does not know
            # (PyAV#692); all packets of the others were there before.
            pass
        return


def go_near(container: InputContainer, sound: AudioStream, time_s: float) -> None:
    """Go on before that moment of `sound`, mostly by less than a second.

    By the pictures, of which files have an index: libav reads all of a Matroska film up to where it
    looks for sound. By the sound where that begins before the pictures. At the beginning where
    libav cannot search, as in a transport stream with a gap. Raises av.FFmpegError where it cannot
    go there either.
    """
    aim_s = max(time_s - _SEEK_BACK_S, (container.start_time or 0) / av.time_base)
    picture = moving_picture(container)
    first_s = _start_s(picture) if picture is not None else float("inf")
    try:
        if aim_s >= first_s:
            container.seek(int(aim_s * av.time_base))
        else:
            aim_s = max(aim_s, _start_s(sound))
            container.seek(int(aim_s / (sound.time_base or 1)), stream=sound)
    except av.FFmpegError:
        container.seek(0, unsupported_byte_offset=True)


def _start_s(stream: VideoStream | AudioStream) -> float:
    return float((stream.start_time or 0) * (stream.time_base or 1))


def leave_out_pictures(container: InputContainer) -> None:
    """Where only sound is wanted, an MP4 film is not read where its pictures lie.

    Other kinds of file are searched by their pictures, and read as a whole anyway.
    """
    if "mp4" in container.format.name:
        for stream in container.streams.video:
            stream.discard = Discard.all


def sound_track(container: InputContainer) -> AudioStream | None:
    """The track that is heard and kept: the default one or else the first, of those that can
    be decoded; None where there is none."""
    tracks = [track for track in container.streams.audio if is_known(track)]
    defaults = (track for track in tracks if track.disposition & Disposition.default)
    return next(defaults, tracks[0] if tracks else None)


def is_known(stream: VideoStream | AudioStream) -> bool:
    """False where this FFmpeg lacks the codec: such a stream has none, whatever the stubs say."""
    codec_context: object = stream.codec_context
    return codec_context is not None
