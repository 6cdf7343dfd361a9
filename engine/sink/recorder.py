"""The rendered pictures of results as a video file, encoded on a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from engine.effects import conceal
from engine.sink.formats import VIDEO_FORMATS, ContainerFormat
from engine.sink.options import RecorderOptions
from engine.sink.worker import Worker
from engine.sink.writer import VideoWriter
from engine.types import Result, UInt8Array


class VideoRecorder:
    """Records `Result.image_bgr` under the times of the frames; a `Sink`.

    The first frame is at 0, every other at its distance in `Frame.shown_s`, so that
    recordings play at real speed however irregular the frames came; where the source
    jumped (seek, loop), the recording goes on without a pause. Written to the final
    name from the first frame on: a killed process leaves a file that plays, without its
    last second, or its last dozen pictures where these come slowly, which the encoder looks
    at together. A recording without a frame leaves no file.

    path: ends in .mp4, .mov, .mkv or .webm. size_hw: of the video, pixels; None takes the
    first picture's. Sides are rounded up to even numbers by repeating the last row or
    column; pictures of another size are letterboxed.

    Raises `SinkError` at once for an existing file, a missing or unwritable folder, a
    full disk, an unknown ending or codec; later errors come with the next `write`.
    """

    formats: ClassVar[Mapping[str, ContainerFormat]] = VIDEO_FORMATS

    def __init__(
        self,
        path: str | Path,
        *,
        size_hw: tuple[int, int] | None = None,
        options: RecorderOptions | None = None,
    ) -> None:
        options = options or RecorderOptions()
        self._writer = VideoWriter(Path(path), size_hw, options, self.formats)
        self._worker = Worker(
            f"recorder {Path(path).name}",
            work=self._encode,
            finish=self._writer.close,
            capacity=options.queue_frames,
            when_full=options.when_full,
            size_of=_kept_bytes,
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._writer.path

    @property
    def codec_name(self) -> str:
        """The encoder in use, e.g. "libx264"; may change with the first frame's size."""
        return self._writer.codec_name

    @property
    def dropped_frames(self) -> int:
        """Frames that came while the queue was full."""
        return self._worker.dropped

    @property
    def recorded_frames(self) -> int:
        """Pictures of the file so far; once it is closed without an error, all that it holds."""
        return self._writer.pictures

    @property
    def duration_s(self) -> float:
        """Length of the recording so far, seconds."""
        return self._writer.duration_s

    @property
    def audio_warning(self) -> str:
        """Why sound is missing in spite of `audio_from`; "" where all is well."""
        return self._writer.audio_warning

    def write(self, result: Result) -> None:
        """Queue the rendered picture. Raises `SinkError`, also for an earlier frame."""
        self._worker.put(result)

    def close(self) -> None:
        """Encode what is queued, finish the file, join the thread. Raises `SinkError`."""
        self._worker.close()

    def _encode(self, result: Result) -> None:
        self._writer.add(self._picture(result), result.frame, result.jumps)

    def _picture(self, result: Result) -> UInt8Array:
        """What is recorded of a result: (H, W, 3) BGR or (H, W, 4) BGRA."""
        return result.image_bgr


def _kept_bytes(result: Result) -> int:
    height, width = result.frame.size_hw
    return height * width * (3 + 3 + 1)  # the frame, the picture and the labels


class PlainRecorder(VideoRecorder):
    """Records without tint, outlines and names, but with what is hidden, blurred and put behind
    people; a `Sink`. Otherwise as `VideoRecorder`.
    """

    def _picture(self, result: Result) -> UInt8Array:
        return conceal(result.frame.image_bgr, result.instances, result.render)
