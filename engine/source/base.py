"""What a source of pictures is: opened by its constructor, read by one thread.

A source is a plain pull object without threads of its own. Opening and reading may
block for as long as the device or the network likes; `engine.reader.FrameReader` owns the
thread that does so, and the policy: live sources drop, files wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from engine.types import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of an open source.

    name: for people, e.g. "juggler.mp4" or "HD Webcam". live: pictures arrive whether
    read or not. size_hw: of the upright picture, pixels. fps: nominal frames per second,
    None if unknown or variable without a mean. frame_count, duration_s: None if unknown or
    endless. start_s: `Frame.shown_s` of the first frame, so a timeline runs from start_s to
    start_s + duration_s. path: of a file, for the audio of an export. has_audio: of that
    file. sound_until_s: when the sound of a part of a film ends on the clock of its frames,
    None at its own end. seekable: `seek` works. detail: e.g. "V4L2 MJPG 1280×720 at 30" or the
    codec. pictures: the files of still pictures, one per `Frame.index`; empty for what moves.
    """

    name: str
    live: bool
    size_hw: tuple[int, int]
    fps: float | None = None
    frame_count: int | None = None
    duration_s: float | None = None
    start_s: float = 0.0
    path: Path | None = None
    has_audio: bool = False
    sound_until_s: float | None = None
    seekable: bool = False
    detail: str = ""
    pictures: tuple[Path, ...] = ()

    @property
    def sound_from(self) -> Path | None:
        """The file whose sound recordings and exports keep; None for what has none, or no file."""
        return self.path if self.has_audio else None


@runtime_checkable
class Source(Protocol):
    """Pictures one after the other; used by one thread at a time."""

    @property
    def info(self) -> SourceInfo:
        """Constant while the source is open."""
        ...

    def read(self) -> Frame | None:
        """The next frame, or None at the end. Blocks. Raises `SourceError`.

        After `close` it returns None. After the end it keeps returning None until `seek`, or
        raising `SourceCutShort` where that is not the end that the film once had.
        """
        ...

    def seek(self, time_s: float) -> None:
        """Go to the last frame at or before `time_s` on the source's timeline.

        Before the first frame: the first; behind the last: the last. The next `read`
        returns that frame, with the `index` it has when read from the start. Raises
        `SourceError` where `info.seekable` is False.
        """
        ...

    def close(self) -> None:
        """Give the device or file back. May be called twice."""
        ...


@runtime_checkable
class LeavesOut(Protocol):
    """A source of several files that goes on where one of them cannot be read."""

    @property
    def skipped(self) -> Mapping[Path, str]:
        """The files passed over so far, each with the reason, one sentence for people."""
        ...
