"""Opening what PyAV can read: files and addresses, and the packets and pictures in them.

Messages never contain credentials: libav's own errors carry the whole address, so they are
not chained to the errors raised here.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError, SourceLost, SourceNotFound, SourceUnreadable
from engine.media_file import DAMAGED, is_known, moving_picture, open_input, packets_of
from engine.source.address import name_of_url
from engine.source.av_deinterlace import deinterlaced

MAX_DECODER_THREADS = 8
"""Frame threads hold back one picture each, so more cost latency after a seek."""

MOST_FPS = 1000
"""Where pictures are few or irregular, libav takes the ticks of their clock for a rate, such as
90,000 for a camera on the network."""

_ACCEPTED = "Any video that FFmpeg reads will do, such as MP4, MOV, MKV, WebM or AVI."
_CHECK_ADDRESS = "Check the address, the network and that the device is switched on."


@dataclass(frozen=True, slots=True)
class MediaLocation:
    """Where a video is.

    address: what libav opens, may hold credentials. name: for people, never does. path: of
    a local file. timeout_s: for opening and for every read, None waits for ever.
    """

    address: str = field(repr=False)
    name: str
    path: Path | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    timeout_s: float | None = None

    @classmethod
    def of_file(cls, path: Path) -> MediaLocation:
        """A local file, checked as far as the file system can tell.

        Raises SourceNotFound, SourceUnreadable (folder, empty, no permission).
        """
        check_readable_file(path, _ACCEPTED)
        # Absolute, because libav takes the part of a name before a colon for a protocol.
        return cls(address=str(path.absolute()), name=path.name, path=path)

    @classmethod
    def of_url(cls, url: str, timeout_s: float) -> MediaLocation:
        """An address with a scheme, e.g. rtsp://user:password@camera/stream."""
        is_rtsp = urlsplit(url).scheme.lower().startswith("rtsp")
        # UDP loses packets on busy networks; servers without TCP still get it.
        options = {"rtsp_flags": "prefer_tcp"} if is_rtsp else {}
        return cls(
            address=url,
            name=name_of_url(url),
            options=MappingProxyType(options),
            timeout_s=timeout_s,
        )


def check_readable_file(path: Path, accepted: str) -> None:
    """Raises SourceNotFound or SourceUnreadable unless `path` is a file with content."""
    try:
        if not path.exists():
            raise SourceNotFound(f"There is no file {path}.", "Check the name and the folder.")
        if path.is_dir():
            raise SourceUnreadable(f"{path} is a folder, not a file.", accepted)
        if path.is_fifo():
            raise SourceUnreadable(
                f"{path} is a pipe, which cannot be searched.",
                "Save what comes out of it as a file first.",
            )
        if not os.access(path, os.R_OK):
            raise SourceUnreadable(f"{path} may not be read.", "Ask its owner for access.")
        if path.is_file() and path.stat().st_size == 0:
            raise SourceUnreadable(f"{path.name} is empty.", "Copy or download it again.")
    except (OSError, ValueError) as error:
        raise SourceUnreadable(f"{path} cannot be reached: {error}.", accepted) from error


def open_container(location: MediaLocation) -> InputContainer:
    """Open for reading. Raises SourceNotFound, SourceUnreadable, SourceLost."""
    timeout = None if location.timeout_s is None else (location.timeout_s, location.timeout_s)
    started_at_s = time.monotonic()
    try:
        return open_input(location.address, location.options, timeout)
    except (av.FFmpegError, OSError, ValueError) as error:
        if timeout is not None and time.monotonic() - started_at_s >= timeout[0]:
            # RTSP reports an interrupted wait as "invalid data".
            raise _not_opened(location, "no answer in time") from None
        raise _open_error(location, error) from None


def video_stream(container: InputContainer, location: MediaLocation) -> VideoStream:
    """The main moving picture, not the cover of a song. Raises SourceUnreadable."""
    stream = moving_picture(container)
    if stream is None:
        raise SourceUnreadable(f"{location.name} has no video in it.", _ACCEPTED)
    if not is_known(stream):
        raise SourceUnreadable(
            f"{location.name} uses a video codec that is not supported.",
            "Convert it to H.264, for example with: ffmpeg -i in -c:v libx264 out.mp4",
        )
    return stream


def nominal_fps(stream: VideoStream) -> Fraction | None:
    """Pictures per second as the stream tells or libav finds; None where neither can be true."""
    rates = (stream.average_rate, stream.guessed_rate)
    return next((rate for rate in rates if rate and 0 < rate <= MOST_FPS), None)


def use_threads(stream: VideoStream, *, low_delay: bool) -> None:
    """Decode on several cores; with `low_delay` only within a picture, never across."""
    stream.codec_context.thread_count = min(MAX_DECODER_THREADS, os.cpu_count() or 1)
    stream.codec_context.thread_type = "SLICE" if low_delay else "AUTO"


def decode_pictures(
    container: InputContainer, stream: VideoStream, location: MediaLocation
) -> Iterator[VideoFrame]:
    """Pictures from here to the end, in presentation order, none of them interlaced; damaged
    packets are skipped.

    Raises SourceLost when the file or server stops answering, SourceUnreadable where a server
    that only sends whole files would have to go back.
    """
    pictures = _decoded(container, stream, location)
    return deinterlaced(_retimed(pictures) if has_guessed_pts(container, stream) else pictures)


def has_guessed_pts(container: InputContainer, stream: VideoStream) -> bool:
    """True where libav makes up the times of pictures from their order in the file, wrongly where
    that is not the order in which they are shown: AVI holds none."""
    codec = stream.codec_context
    return container.format.name == "avi" and codec.name in ("h264", "hevc") and codec.has_b_frames


def _retimed(pictures: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Under the times of the packets with which they come out of the decoder, from 0 on."""
    first: int | None = None
    for picture in pictures:
        ticks = picture.dts
        if first is None:
            first = ticks
        picture.pts = None if ticks is None or first is None else ticks - first
        yield picture


def _decoded(
    container: InputContainer, stream: VideoStream, location: MediaLocation
) -> Iterator[VideoFrame]:
    begun = False
    try:
        for packet in packets_of(container, stream):
            begun = True
            try:
                pictures = packet.decode()
            except DAMAGED:
                continue
            yield from pictures
        return
    except av.error.InvalidDataError:
        pass  # the container breaks off here: what the decoder still holds comes next
    except (av.FFmpegError, OSError) as error:
        if not begun and location.path is None and _cannot_go_back(container, error):
            raise SourceUnreadable(
                f"{location.name} cannot be played from there: its index lies at its end, and "
                "the server sends nothing but whole files.",
                "Download it first.",
            ) from None
        raise lost(location, error) from None
    try:
        yield from stream.codec_context.decode(None)
    except DAMAGED:
        return


def _cannot_go_back(container: InputContainer, error: Exception) -> bool:
    """After the index of an MP4, its pictures; libav says so by an error of the disk."""
    is_mp4 = "mp4" in container.format.name.split(",")
    return is_mp4 and isinstance(error, OSError) and error.errno == errno.EIO


def lost(location: MediaLocation, error: Exception | None = None) -> SourceLost:
    """The error for something that was readable a moment ago."""
    reason = f": {_reason(error)}" if error is not None else ""
    if location.path is not None:
        return SourceLost(
            f"{location.name} can no longer be read{reason}.", "Check the drive it is on."
        )
    return SourceLost(f"{location.name} stopped sending pictures{reason}.", _CHECK_ADDRESS)


def _open_error(location: MediaLocation, error: Exception) -> SourceError:
    if location.path is not None:
        if isinstance(error, FileNotFoundError):  # it was, or `of_file` would have said so
            return SourceNotFound(
                f"{location.name} is not there any more.",
                "It may have been moved or renamed, or its disk is not connected.",
            )
        if isinstance(error, PermissionError):
            return SourceUnreadable(f"{location.name} may not be read.", "Ask for access to it.")
        return SourceUnreadable(f"{location.name} is not a video, or is damaged.", _ACCEPTED)
    if isinstance(error, av.error.InvalidDataError):
        return SourceUnreadable(f"{location.name} does not send a video.", _ACCEPTED)
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return SourceNotFound(
            f"{location.name} refuses access.", "Put user:password@ before the host's name."
        )
    if isinstance(error, av.error.ProtocolNotFoundError):
        return SourceNotFound(
            f"{location.name} has an unknown kind of address.", "Use rtsp://, http:// or https://."
        )
    return _not_opened(location, _reason(error))


def _not_opened(location: MediaLocation, reason: str) -> SourceNotFound:
    return SourceNotFound(f"{location.name} cannot be opened: {reason}.", _CHECK_ADDRESS)


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.ExitError):
        return "no answer in time"  # libav's "Immediate exit requested": our timeout fired
    text = error.strerror if isinstance(error, OSError | av.FFmpegError) else None
    return (text or "unknown reason").lower()
