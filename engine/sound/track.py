"""The sound track of a film, decoded from any moment on."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer

from engine.errors import SoundError
from engine.media_file import DAMAGED, go_near, open_file, packets_of, sound_track
from engine.sound.piece import SoundPiece
from engine.sound.tempo import TempoFilter

log = logging.getLogger(__name__)

_WARM_UP_S = 0.1
"""So much before the moment sought is decoded, too: codecs overlap their blocks."""


class SoundTrack:
    """The default sound track of a file, more than two channels mixed down; used by one thread.

    Its timeline is that of the pictures (`Frame.time_s`). Damaged parts are left out, a file
    that breaks off ends. rate_hz: of what `read` gives. Raises SoundError.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self._name, self._rate_hz = path.name, rate_hz
        try:
            self._container: InputContainer | None = open_file(path)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise SoundError(f"The sound of {path.name} cannot be read: {error}.") from error
        stream = sound_track(self._container)
        if stream is None:
            self.close()
            raise SoundError(f"The sound of {path.name} is of a kind that is not supported.")
        self._stream = stream
        self._frames: Iterator[tuple[AudioFrame, float]] = iter(())
        self._filter: TempoFilter | None = None
        self._ready: deque[SoundPiece] = deque()
        self.seek(float("-inf"), 1.0)

    def seek(self, time_s: float, speed: float) -> None:
        """Go on with what is heard at `time_s`.

        speed: from `screen.SLOWEST_HEARD` to `FASTEST_HEARD`.
        """
        self._speed, self._filter = speed, None
        self._ready.clear()
        if self._container is None:
            return
        try:
            go_near(self._container, self._stream, time_s)
        except (av.FFmpegError, OSError) as error:
            log.info("no sound of %s from %.2f s on: %s", self._name, time_s, error)
            self._frames = iter(())
            return
        self._frames = self._decode(time_s)

    def read(self) -> SoundPiece | None:
        """The next piece, None at the end and after `close`."""
        try:
            while not self._ready:
                following = next(self._frames, None)
                if following is None and self._filter is None:
                    return None
                self._put(following)
        except (av.FFmpegError, OSError, ValueError) as error:
            log.info("the sound of %s ends early: %s", self._name, error)
            self._frames, self._filter = iter(()), None
            return None
        return self._ready.popleft()

    def close(self) -> None:
        """Give the file back. May be called twice."""
        if self._container is not None:
            self._container.close()
        self._container, self._frames, self._filter = None, iter(()), None
        self._ready = deque()

    def _put(self, following: tuple[AudioFrame, float] | None) -> None:
        if self._filter is not None and (following is None or not self._filter.takes(*following)):
            self._ready.extend(self._filter.put(None))
            self._filter = None
        if following is None:
            return
        frame, time_s = following
        if self._filter is None:
            self._filter = TempoFilter(frame, time_s, self._rate_hz, self._speed)
        self._ready.extend(self._filter.put(frame))

    def _decode(self, from_s: float) -> Iterator[tuple[AudioFrame, float]]:
        """Frames that end after `from_s`, each with its time."""
        assert self._container is not None
        end_s = 0.0
        for packet in packets_of(self._container, self._stream):
            if packet.pts is not None and packet.pts * packet.time_base < from_s - _WARM_UP_S:
                continue
            try:
                frames = packet.decode()
            except DAMAGED:
                continue
            for frame in frames:
                time_s = end_s if frame.time is None else frame.time
                end_s = time_s + frame.samples / frame.sample_rate
                if end_s > from_s:
                    yield frame, time_s
