"""A source cut to a number of frames, so that an endless scene can be exported."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import SourceError
from engine.source.base import Source, SourceInfo
from engine.types import Frame


class FirstFrames:
    """The first `count` frames of another source; a `Source` without seek."""

    def __init__(self, source: Source, count: int) -> None:
        self._source = source
        self._left = count
        info = source.info
        frames = count if info.frame_count is None else min(count, info.frame_count)
        self._info = replace(
            info,
            frame_count=frames,
            duration_s=frames / info.fps if info.fps else None,
            has_audio=False,
            seekable=False,
        )

    @property
    def info(self) -> SourceInfo:
        """The source's own, with the smaller number of frames."""
        return self._info

    def read(self) -> Frame | None:
        """The next frame, None after the last wanted."""
        if self._left <= 0:
            return None
        self._left -= 1
        return self._source.read()

    def seek(self, time_s: float) -> None:
        """Raises `SourceError`: `info.seekable` is False."""
        raise SourceError(f"{self._info.name} cannot be searched, so not to {time_s:.2f} s either.")

    def close(self) -> None:
        """Close the source."""
        self._source.close()
