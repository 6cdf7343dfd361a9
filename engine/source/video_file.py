"""Video files through PyAV: their own timestamps, upright pictures, exact seek."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError, SourceUnreadable
from engine.source.av_convert import UprightConverter
from engine.source.av_open import (
    MediaLocation,
    decode_pictures,
    nominal_fps,
    open_container,
    use_threads,
    video_stream,
)
from engine.source.base import SourceInfo
from engine.source.header_end import cut_short, header_end_s
from engine.source.pts_index import KeyPacket, PtsIndex, build_pts_index
from engine.types import Frame

EAGER_INDEX_BYTES = 256 * 1024**2
"""Up to this size all packets are read, of a file here on opening: the frame count is exact."""

_PLAYLISTS = frozenset({"hls", "dash"})
_PLAYLIST_BYTES_PER_S = 1_000_000
"""What a film of high quality takes."""

_RECENT_BYTES = 64 * 1024**2
_RECENT_MAX = 24
_SAME_TIME_S = 1e-6
_FALLBACK_FPS = Fraction(25)

_GUESSES_AFTER_JUMP = frozenset({"mpeg"})
"""An MPEG program stream has few timestamps; after a jump libav guesses the others wrongly."""


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    picture: VideoFrame
    index: int
    time_s: float


class VideoFileSource:
    """Every picture of a file, one after the other.

    `Frame.time_s` is pts · time_base of the stream, as stored: a file may start at a time
    other than 0 (`SourceInfo.start_s`), and its audio runs on the same clock. Where
    timestamps are missing or repeat, the nominal rate fills in.

    `Frame.index` is the picture's rank in presentation order, from an index of all packets.
    The index of a file here is built on opening up to `EAGER_INDEX_BYTES`; that of a larger
    one, and of one from the net, by the first seek elsewhere than to the start. Damaged
    pictures that cannot be decoded leave a gap in `index`. Seeking goes to the key packet
    before the target and decodes forward; the last pictures decoded are kept, so that short
    steps back need no decoding.

    Raises SourceNotFound, SourceUnreadable (folder, empty, not a video, nothing decodes) and,
    while reading, SourceLost (drive or server gone) and SourceCutShort (nothing more can be
    decoded, long before the end that the file's header tells).
    """

    def __init__(self, location: MediaLocation | Path) -> None:
        self._location = MediaLocation.of_file(location) if isinstance(location, Path) else location
        self._container: InputContainer | None = None
        self._index: PtsIndex | None = None
        self._first_pts: int | None = None
        self._pending: deque[_Decoded] = deque()
        self._recent: deque[_Decoded] = deque(maxlen=2)
        self._rewind()
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
        decoded = self._next()
        if decoded is None:
            self._check_end()
            return None
        image = self._converter.to_bgr(decoded.picture)
        return Frame(image, decoded.index, decoded.time_s, time.perf_counter())

    def seek(self, time_s: float) -> None:
        """Go to the last picture at or before `time_s`, within the file.

        Raises SourceError for an address whose size is unknown or too large, SourceLost.
        """
        if self._container is None:
            return
        if not self._info.seekable:
            raise SourceError(f"{self._info.name} cannot be searched.", "Download it first.")
        target_s = max(time_s, self._info.start_s)
        if target_s > self._info.start_s:
            self._ensure_index()
        if self._index is None:
            self._seek_by_counting(target_s)
        else:
            self._seek_by_index(self._index, target_s)

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._pictures: Iterator[_Decoded] = iter(())
        self._pending.clear()
        self._recent.clear()
        if self._container is not None:
            self._container.close()
        self._container = None

    def _start(self) -> None:
        """Decode the first picture and describe the source by it."""
        assert self._container is not None
        first = next(self._pictures, None)
        if first is None:
            raise SourceUnreadable(
                f"No picture in {self._location.name} can be decoded.",
                "The file is damaged or incomplete; copy or download it again.",
            )
        picture = first.picture
        self._first_pts = picture.pts
        self._header_end_s = header_end_s(self._container, self._stream)
        self._converter = UprightConverter(picture, self._stream.sample_aspect_ratio)
        picture_bytes = 3 * picture.width * picture.height // 2
        keep = min(max(_RECENT_BYTES // picture_bytes, 2), _RECENT_MAX)
        self._recent = deque((first,), maxlen=keep)
        self._pending.append(first)
        # To read all of a film from the net takes as long as to fetch it.
        if self._location.path is not None and self._size_bytes() <= EAGER_INDEX_BYTES:
            self._ensure_index()
        self._info = self._describe(first)

    def _size_bytes(self) -> float:
        """Infinite where a server does not tell, and estimated where it lists many files."""
        assert self._container is not None
        size: float = self._container.size
        if self._container.format.name in _PLAYLISTS:  # of the list alone
            size = (self._container.duration or 0) / av.time_base * _PLAYLIST_BYTES_PER_S
        return size if size > 0 else float("inf")

    def _describe(self, first: _Decoded) -> SourceInfo:
        assert self._container is not None
        stream, picture = self._stream, first.picture
        fps = nominal_fps(stream)
        duration_s = self._duration_s()
        frame_count = len(self._index) if self._index is not None else stream.frames or None
        is_local = self._location.path is not None
        return SourceInfo(
            name=self._location.name,
            live=False,
            size_hw=self._converter.size_hw,
            fps=float(fps) if fps else None,
            frame_count=frame_count,
            duration_s=duration_s,
            start_s=first.time_s,
            path=self._location.path,
            has_audio=any(s.codec_context is not None for s in self._container.streams.audio),
            seekable=is_local or self._size_bytes() <= EAGER_INDEX_BYTES,
            detail=f"{stream.codec_context.name} {picture.width}×{picture.height} "
            f"{picture.format.name}",
        )

    def _duration_s(self) -> float | None:
        assert self._container is not None
        if self._index is not None:
            return (self._index.end_pts - int(self._index.pts[0])) * self._tick_s
        if self._stream.duration:
            return self._stream.duration * self._tick_s
        # Missing and negative both mean that libav does not know.
        duration_us = self._container.duration or 0
        return duration_us / 1e6 if duration_us > 0 else None

    def _check_end(self) -> None:
        """Raise SourceCutShort unless the pictures ended where the header says."""
        if not self._recent:
            return  # closed
        last = self._recent[-1]
        end_s = last.time_s + (last.picture.duration or 0) * self._tick_s
        error = cut_short(self._location, end_s, self._header_end_s, self._info.start_s)
        if error is not None:
            raise error

    def _ensure_index(self) -> None:
        if self._index is None and self._first_pts is not None:
            index = build_pts_index(self._location, self._stream.index)
            if index is None:
                self._first_pts = None  # the file has no usable timestamps: count instead
            else:
                self._index = index.starting_at(self._first_pts)

    def _rewind(self) -> None:
        """Open the file anew and stand before its first picture."""
        self.close()
        container = open_container(self._location)
        self._container = container
        try:
            self._stream: VideoStream = video_stream(container, self._location)
        except SourceError:
            self.close()
            raise
        use_threads(self._stream, low_delay=False)
        self._container_format = container.format.name
        self._tick_s = float(self._stream.time_base or Fraction(1, 90_000))
        self._step_s = float(1 / (nominal_fps(self._stream) or _FALLBACK_FPS))
        self._pictures = self._timed(next_index=0, time_s=None)

    def _timed(self, next_index: int, time_s: float | None) -> Iterator[_Decoded]:
        """The pictures from here on, with index and time; `time_s` is the last one's."""
        assert self._container is not None
        for picture in decode_pictures(self._container, self._stream, self._location):
            stored_s = None if picture.pts is None else picture.pts * self._tick_s
            if self._index is not None and picture.pts is not None:
                if picture.pts < self._index.pts[0]:
                    continue
                next_index = self._index.rank(picture.pts)
            if time_s is None:
                time_s = stored_s or 0.0
            elif stored_s is not None and stored_s > time_s:
                time_s = stored_s
            else:
                time_s += self._step_s
            yield _Decoded(picture, next_index, time_s)
            next_index += 1

    def _next(self) -> _Decoded | None:
        if self._pending:
            return self._pending.popleft()
        decoded = next(self._pictures, None)
        if decoded is not None:
            self._recent.append(decoded)
        return decoded

    def _seek_by_counting(self, target_s: float) -> None:
        if not self._resume_from_recent(target_s):
            self._rewind()
        self._advance_to(target_s)

    def _seek_by_index(self, index: PtsIndex, target_s: float) -> None:
        target_pts = math.floor((target_s + _SAME_TIME_S) / self._tick_s)
        last_pts = self._recent[-1].picture.pts if self._recent else None
        near = last_pts is not None and not index.has_key_between(last_pts, target_pts)
        if near and self._resume_from_recent(target_s) and self._advance_to(target_s):
            return
        can_jump = self._container_format not in _GUESSES_AFTER_JUMP
        for key in index.keys_up_to(target_pts) if can_jump else ():
            if self._restart_at(key) and self._advance_to(target_s):
                return
        self._rewind()
        self._advance_to(target_s)

    def _resume_from_recent(self, target_s: float) -> bool:
        """Stand at the oldest picture kept, if the target is not before it."""
        if not self._recent or target_s + _SAME_TIME_S < self._recent[0].time_s:
            return False
        self._pending = deque(self._recent)
        return True

    def _restart_at(self, key: KeyPacket) -> bool:
        """Decode anew from a key packet; False where the format cannot jump.

        Pictures shown before the key packet's own may lack what they refer to: left out.
        """
        assert self._container is not None
        self._pending.clear()
        self._recent.clear()
        try:
            self._container.seek(key.dts, stream=self._stream)
        except av.FFmpegError:
            return False
        self._pictures = (
            decoded
            for decoded in self._timed(next_index=0, time_s=None)
            if decoded.picture.pts is not None and decoded.picture.pts >= key.pts
        )
        return True

    def _advance_to(self, target_s: float) -> bool:
        """Decode on until `read` would return the last picture at or before the target.

        False when the next picture is behind the target already, or there is none.
        """
        current = self._next()
        if current is None or current.time_s > target_s + _SAME_TIME_S:
            return False
        following = self._next()
        while following is not None and following.time_s <= target_s + _SAME_TIME_S:
            current, following = following, self._next()
        if following is not None:
            self._pending.appendleft(following)
        self._pending.appendleft(current)
        return True
