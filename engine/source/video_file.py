"""Video files through PyAV: their own timestamps, upright pictures, exact seek."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import av

from engine.errors import SourceError
from engine.source.av_convert import UprightConverter
from engine.source.av_open import MediaLocation, nominal_fps
from engine.source.base import SourceInfo
from engine.source.header_end import cut_short, header_duration_s, header_end_s
from engine.source.pts_index import build_pts_index
from engine.source.sound_lead import sound_lead_s
from engine.source.timed_pictures import TimedPicture, TimedPictures
from engine.types import Frame

EAGER_INDEX_BYTES = 256 * 1024**2
"""Up to this size all packets are read, of a file here on opening: the frame count is exact."""

_PLAYLISTS = frozenset({"hls", "dash"})
_PLAYLIST_BYTES_PER_S = 1_000_000
"""What a film of high quality takes."""


class VideoFileSource:
    """Every picture of a file, one after the other.

    `Frame.time_s` is pts · time_base of the stream, as stored: a file may start at a time
    other than 0 (`SourceInfo.start_s`), and its audio runs on the same clock. Where
    timestamps are missing or repeat, the nominal rate fills in. The first picture of a file here
    is shown from its sound on, if that begins earlier (`Frame.lead_s`).

    `Frame.index` is the picture's rank in presentation order, from an index of all packets.
    The index of a file here is built on opening up to `EAGER_INDEX_BYTES`; that of a larger
    one, and of one from the net, by the first seek elsewhere than to the start. Damaged
    pictures that cannot be decoded leave a gap in `index`, and so do those that a transport
    stream of up to that size lacks. Seeking goes to the key packet before the target and decodes
    forward; the last pictures decoded are kept, so that short steps back need no decoding.

    Raises SourceNotFound, SourceUnreadable (folder, empty, not a video, nothing decodes) and,
    while reading, SourceLost (drive or server gone) and SourceCutShort (nothing more can be
    decoded, long before the end that the file's header tells).
    """

    def __init__(self, location: MediaLocation | Path) -> None:
        self._location = MediaLocation.of_file(location) if isinstance(location, Path) else location
        self._pictures = TimedPictures(self._location)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open."""
        return self._info

    def read(self) -> Frame | None:
        """The next picture, or None at the end and after `close`.

        Raises SourceLost, SourceCutShort.
        """
        decoded = self._pictures.next()
        if decoded is None:
            self._check_end()
            return None
        image = self._converter.to_bgr(decoded.picture, decoded.pixel_aspect)
        return Frame(
            image,
            decoded.index,
            decoded.time_s,
            time.perf_counter(),
            decoded.duration_s or None,
            self._lead_s if decoded.index == 0 else 0.0,
        )

    def seek(self, time_s: float) -> None:
        """Go to the last picture at or before `time_s`, within the file.

        Raises SourceError for an address whose size is unknown or too large, SourceLost.
        """
        if self._pictures.closed:
            return
        if not self._info.seekable:
            raise SourceError(f"{self._info.name} cannot be searched.", "Download it first.")
        first_s = self._info.start_s + self._lead_s
        target_s = max(time_s, first_s)
        if target_s > first_s:
            self._ensure_index()
        self._pictures.go_to(target_s)

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._pictures.close()

    def _start(self) -> None:
        """Describe the source by its first picture."""
        first, stream = self._pictures.newest, self._pictures.stream
        assert first is not None
        self._first_pts = first.picture.pts
        self._count: int | None = None  # of all packets, where they make no index
        is_local = self._location.path is not None  # only then the sound is played and kept
        self._lead_s = sound_lead_s(self._pictures.container, first.time_s) if is_local else 0.0
        self._header_end_s = header_end_s(self._pictures.container, stream)
        self._converter = UprightConverter(
            first.picture,
            stream.sample_aspect_ratio,
            stream.codec_context.name,
            first.pixel_aspect,
        )
        # To read all of a film from the net takes as long as to fetch it.
        if is_local and self._size_bytes() <= EAGER_INDEX_BYTES:
            self._ensure_index()
        self._info = self._describe(first)

    def _size_bytes(self) -> float:
        """Infinite where a server does not tell, and estimated where it lists many files."""
        container = self._pictures.container
        size: float = container.size
        if container.format.name in _PLAYLISTS:  # of the list alone
            size = (container.duration or 0) / av.time_base * _PLAYLIST_BYTES_PER_S
        return size if size > 0 else float("inf")

    def _describe(self, first: TimedPicture) -> SourceInfo:
        stream, picture, index = self._pictures.stream, first.picture, self._pictures.index
        fps = nominal_fps(stream)
        is_local = self._location.path is not None
        audio = self._pictures.container.streams.audio
        return SourceInfo(
            name=self._location.name,
            live=False,
            size_hw=self._converter.size_hw,
            fps=float(fps) if fps else None,
            frame_count=len(index) if index is not None else self._count or stream.frames or None,
            duration_s=self._duration_s(fps, first.time_s),
            start_s=first.time_s - self._lead_s,
            path=self._location.path,
            has_audio=any(s.codec_context is not None for s in audio),
            seekable=is_local or self._size_bytes() <= EAGER_INDEX_BYTES,
            detail=f"{stream.codec_context.name} {picture.width}×{picture.height} "
            f"{picture.format.name}",
        )

    def _duration_s(self, fps: Fraction | None, first_s: float) -> float | None:
        stream, index, tick_s = self._pictures.stream, self._pictures.index, self._pictures.tick_s
        if index is not None:
            return self._lead_s + (index.end_pts - int(index.pts[0])) * tick_s
        known_s = header_duration_s(self._pictures.container, stream, first_s)
        # Where the clock starts over in the middle, libav measures from there.
        counted_s = float((self._count or 0) / fps) if fps else 0.0
        longest_s = max(known_s, counted_s)
        return self._lead_s + longest_s if longest_s > 0 else None

    def _check_end(self) -> None:
        """Raise SourceCutShort unless the pictures ended where the header says."""
        last = self._pictures.newest
        if last is None:
            return  # closed
        end_s = last.time_s + last.duration_s
        error = cut_short(self._location, end_s, self._header_end_s, self._info.start_s)
        if error is not None:
            raise error

    def _ensure_index(self) -> None:
        if self._pictures.index is not None or self._count is not None:
            return
        found = build_pts_index(self._location, self._pictures.stream.index)
        if isinstance(found, int):
            self._count = found
        elif self._first_pts is None:
            self._count = len(found)
        else:
            self._pictures.index = found.starting_at(self._first_pts)
