"""Films on disk: what the streams of pictures in them hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from engine.media_file import moving_picture, open_file, packets_of

_SAME_TIME_S = 1e-4


def is_last_picture(path: Path, time_s: float) -> bool:
    """True where no picture of the film at `path` comes after `time_s`, on its own clock.

    False for a file that cannot be read or searched. Reads from the key picture before
    `time_s` to the next later picture, at most to the end.
    """
    try:
        with open_file(path) as container:
            stream = moving_picture(container)
            return stream is not None and not _has_later_picture(container, stream, time_s)
    except (av.FFmpegError, OSError):
        return False


def count_pictures(path: Path) -> int:
    """How many whole pictures the film at `path` holds; 0 where it cannot be read.

    Reads all of the file, and decodes nothing.
    """
    count = 0
    try:
        with open_file(path) as container:
            for _ in _whole_pictures(container):
                count += 1
    except (av.FFmpegError, OSError):
        pass  # the file breaks off here
    return count


def holds_nothing(path: Path) -> bool:
    """True where the file at `path` can be read, and no whole picture is in it."""
    try:
        with open_file(path) as container:
            return next(_whole_pictures(container), None) is None
    except (av.error.InvalidDataError, av.error.EOFError):
        return True
    except (av.FFmpegError, OSError):
        return False


def _whole_pictures(container: InputContainer) -> Iterator[Packet[VideoStream]]:
    stream = moving_picture(container)
    for packet in packets_of(container, stream) if stream is not None else ():
        if packet.size > 0 and not packet.is_corrupt:
            yield packet


def _has_later_picture(container: InputContainer, stream: VideoStream, time_s: float) -> bool:
    tick_s = float(stream.time_base or 0)
    if tick_s == 0:
        return True
    container.seek(int(time_s / tick_s), stream=stream)
    return any(
        packet.size > 0
        and not packet.is_discard
        and packet.pts is not None
        and packet.pts * tick_s > time_s + _SAME_TIME_S
        for packet in packets_of(container, stream)
    )
