"""The pictures of a film with their ranks and times, decoded forwards from any of them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import SourceError, SourceUnreadable
from engine.source.av_open import (
    MediaLocation,
    decode_pictures,
    nominal_fps,
    open_container,
    use_threads,
    video_stream,
)
from engine.source.pixel_shape import with_pixel_aspects
from engine.source.pts_index import KeyPacket, PtsIndex

_RECENT_BYTES = 64 * 1024**2
_RECENT_MAX = 24
_SAME_TIME_S = 1e-6
_FALLBACK_FPS = Fraction(25)

_GUESSES_AFTER_JUMP = frozenset({"mpeg"})
"""An MPEG program stream has few timestamps; after a jump libav guesses the others wrongly."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedPicture:
    """A picture as decoded. index: its rank. time_s: when it is shown, never before the last.
    duration_s: for how long, 0 where the file does not tell. pixel_aspect: as the picture itself
    tells, None where it does not."""

    picture: VideoFrame
    index: int
    time_s: float
    duration_s: float
    pixel_aspect: Fraction | None


class TimedPictures:
    """An open film: `next` decodes on, `go_to` stands before another picture.

    The last pictures decoded are kept, so that short steps back need no decoding. index: of
    all packets, None until somebody has built it; with it `go_to` jumps
    to the key packet before its target, without it it counts from the start.

    Raises SourceNotFound, SourceUnreadable (not a video, nothing decodes), SourceLost.
    """

    def __init__(self, location: MediaLocation) -> None:
        self.index: PtsIndex | None = None
        self._location = location
        self._container: InputContainer | None = None
        self._pending: deque[TimedPicture] = deque()
        self._recent: deque[TimedPicture] = deque()
        self._rewind()
        try:
            first = self._decode_first()
        except BaseException:
            self.close()
            raise
        picture_bytes = 3 * first.picture.width * first.picture.height // 2
        keep = min(max(_RECENT_BYTES // picture_bytes, 2), _RECENT_MAX)
        self._recent = deque((first,), maxlen=keep)
        self._pending.append(first)

    @property
    def container(self) -> InputContainer:
        """What the film is in, while it is open."""
        assert self._container is not None
        return self._container

    @property
    def stream(self) -> VideoStream:
        """The film in its container."""
        return self._stream

    @property
    def tick_s(self) -> float:
        """One tick of the stream's clock, seconds."""
        return self._tick_s

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._container is None

    @property
    def newest(self) -> TimedPicture | None:
        """The one decoded last, at first the first; None after `close`."""
        return self._recent[-1] if self._recent else None

    def next(self) -> TimedPicture | None:
        """The next picture, None at the end and after `close`. Raises SourceLost."""
        if self._pending:
            return self._pending.popleft()
        decoded = next(self._pictures, None)
        if decoded is not None:
            self._recent.append(decoded)
        return decoded

    def go_to(self, target_s: float) -> None:
        """Stand before the last picture at or before `target_s`. Raises SourceLost."""
        if self.index is None:
            self._go_by_counting(target_s)
        else:
            self._go_by_index(self.index, target_s)

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._pictures: Iterator[TimedPicture] = iter(())
        self._pending.clear()
        self._recent.clear()
        if self._container is not None:
            self._container.close()
        self._container = None

    def _decode_first(self) -> TimedPicture:
        first = next(self._pictures, None)
        if first is None:
            raise SourceUnreadable(
                f"No picture in {self._location.name} can be decoded.",
                "The file is damaged or incomplete; copy or download it again.",
            )
        return first

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

    def _timed(self, next_index: int, time_s: float | None) -> Iterator[TimedPicture]:
        """The pictures from here on, with index and time; `time_s` is the last one's."""
        assert self._container is not None
        pictures = decode_pictures(self._container, self._stream, self._location)
        for picture, pixel_aspect in with_pixel_aspects(pictures, self._stream):
            stored_s = None if picture.pts is None else picture.pts * self._tick_s
            if self.index is not None and picture.pts is not None:
                if picture.pts < self.index.pts[0]:
                    continue
                next_index = self.index.rank(picture.pts)
            if time_s is None:
                time_s = stored_s or 0.0
            elif stored_s is not None and stored_s > time_s:
                time_s = stored_s
            else:
                time_s += self._step_s
            duration_s = (picture.duration or 0) * self._tick_s
            yield TimedPicture(picture, next_index, time_s, duration_s, pixel_aspect)
            next_index += 1

    def _go_by_counting(self, target_s: float) -> None:
        if not self._resume_from_recent(target_s):
            self._rewind()
        self._advance_to(target_s)

    def _go_by_index(self, index: PtsIndex, target_s: float) -> None:
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
        """Decode on until `next` would return the last picture at or before the target.

        False when the next picture is behind the target already, or there is none.
        """
        current = self.next()
        if current is None or current.time_s > target_s + _SAME_TIME_S:
            return False
        following = self.next()
        while following is not None and following.time_s <= target_s + _SAME_TIME_S:
            current, following = following, self.next()
        if following is not None:
            self._pending.appendleft(following)
        self._pending.appendleft(current)
        return True
