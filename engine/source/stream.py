"""Live pictures from an address: RTSP cameras, Motion JPEG over HTTP and the like."""

from __future__ import annotations

import time
from fractions import Fraction
from urllib.parse import urlsplit

from av.container import InputContainer
from av.video.frame import VideoFrame

from engine.errors import SourceError, SourceLost
from engine.source.av_convert import UprightConverter
from engine.source.av_open import (
    MediaLocation,
    decode_pictures,
    lost,
    nominal_fps,
    open_container,
    use_threads,
    video_stream,
)
from engine.source.base import Source, SourceInfo
from engine.source.options import SourceOptions
from engine.source.pixel_shape import with_pixel_aspects
from engine.source.video_file import VideoFileSource
from engine.types import Frame

_FILE_SCHEMES = frozenset({"http", "https", "ftp"})


class StreamSource:
    """Pictures as a server sends them, without any held back by frame threads; an interlaced
    one waits for the next.

    `Frame.time_s` is seconds from opening to the arrival of the picture. The end of a live
    stream is a loss: nothing tells a server that is finished from one that broke down.

    container: of that location, when it is open already; closed by this source.

    Raises SourceNotFound (no server, no such stream, access refused), SourceUnreadable (not a
    video) on opening, SourceLost when pictures stop for `MediaLocation.timeout_s`. A name
    that does not resolve waits for the system's resolver, which no timeout interrupts.
    """

    def __init__(self, location: MediaLocation, container: InputContainer | None = None) -> None:
        self._location = location
        self._lost: SourceLost | None = None
        self._next_index = 0
        self._closed = False
        self._container = container or open_container(location)
        try:
            stream = video_stream(self._container, self._location)
            use_threads(stream, low_delay=True)
            pictures = decode_pictures(self._container, stream, self._location)
            self._pictures = with_pixel_aspects(pictures, stream)
            begun = next(self._pictures, None)
            if begun is None:
                raise lost(self._location)
            first, pixel_aspect = begun
            self._opened_at_s = time.perf_counter()
            self._converter = UprightConverter(
                first,
                stream.sample_aspect_ratio,
                stream.codec_context.name,
                pixel_aspect,
            )
            self._held: Frame | None = self._frame_of(first, pixel_aspect)
        except BaseException:
            self._container.close()
            raise
        fps = nominal_fps(stream)
        self._info = SourceInfo(
            name=self._location.name,
            live=True,
            size_hw=self._converter.size_hw,
            fps=float(fps) if fps else None,
            detail=f"{self._container.format.name} {stream.codec_context.name} "
            f"{first.width}×{first.height}",
        )

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open."""
        return self._info

    def read(self) -> Frame | None:
        """The next picture; None after `close`. Raises SourceLost, from then on every time."""
        if self._closed:
            return None
        if self._lost is not None:
            raise self._lost
        if self._held is not None:
            frame, self._held = self._held, None
            return frame
        try:
            following = next(self._pictures, None)
        except SourceLost as error:
            self._lost = error
            raise
        if following is None:
            self._lost = lost(self._location)
            raise self._lost
        return self._frame_of(*following)

    def seek(self, time_s: float) -> None:  # noqa: ARG002
        """Always raises SourceError: a live stream has one position, now."""
        raise SourceError(f"{self._info.name} is live and cannot be searched.")

    def close(self) -> None:
        """Hang up. May be called twice."""
        self._closed = True
        self._container.close()

    def _frame_of(self, picture: VideoFrame, pixel_aspect: Fraction | None) -> Frame:
        arrived_at_s = time.perf_counter()
        index, self._next_index = self._next_index, self._next_index + 1
        image = self._converter.to_bgr(picture, pixel_aspect)
        return Frame(image, index, arrived_at_s - self._opened_at_s, arrived_at_s)


def open_url(url: str, options: SourceOptions) -> Source:
    """A file behind an address as `VideoFileSource`, anything else as `StreamSource`.

    Raises SourceNotFound, SourceUnreadable, SourceLost.
    """
    location = MediaLocation.of_url(url, options.open_timeout_s)
    container = open_container(location)
    has_an_end = (container.duration or 0) > 0
    if has_an_end and urlsplit(url).scheme.lower() in _FILE_SCHEMES:
        container.close()
        return VideoFileSource(location)
    return StreamSource(location, container)
