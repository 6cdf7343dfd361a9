"""Results to feed sinks with, and ways to read back what they wrote."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from engine.sink.base import Sink
from engine.sink.options import RecorderOptions
from engine.sink.worker import WhenFull
from engine.styles import RenderOptions
from engine.types import Frame, Instances, Result, UInt8Array

LOSSLESS = RecorderOptions(when_full=WhenFull.WAIT)
ORANGE_BGR = (40, 80, 200)


def make_result(
    index: int,
    time_s: float,
    size_hw: tuple[int, int] = (48, 64),
    track_ids: Sequence[int] = (3, 7),
    noise: bool = False,
    render: RenderOptions | None = None,
) -> Result:
    """An orange (or noisy) frame with one person per id, in columns of eight pixels.

    render: what the result says it was drawn by; nothing is drawn.
    """
    image = np.full((*size_hw, 3), ORANGE_BGR, np.uint8)
    if noise:
        image = np.random.default_rng(index).integers(0, 256, (*size_hw, 3), np.uint8)
    labels = np.zeros(size_hw, np.uint8)
    for i in range(len(track_ids)):
        labels[8:24, 8 * i + 4 : 8 * i + 10] = i + 1
    boxes = [[8 * i + 4, 8, 8 * i + 10, 24] for i in range(len(track_ids))]
    people = Instances(
        labels=labels,
        boxes_xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.linspace(0.9, 0.6, len(track_ids), dtype=np.float32),
        track_ids=np.array(track_ids, np.int64),
    )
    return Result(Frame(image, index, time_s, 0.0), people, image, render=render or RenderOptions())


def make_results(times_s: Sequence[float], **options: object) -> list[Result]:
    """One result per time."""
    return [make_result(i, t, **options) for i, t in enumerate(times_s)]  # type: ignore[arg-type]


def write_all(sink: Sink, results: Sequence[Result]) -> None:
    """Write in order and close, as the pipeline does."""
    with contextlib.closing(sink):
        for result in results:
            sink.write(result)


def read_frames(path: Path) -> list[VideoFrame]:
    """Every frame of a video."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def read_times_s(path: Path) -> list[float]:
    """The time of every frame."""
    return [frame.time for frame in read_frames(path)]


def playable_times_s(path: Path) -> list[float]:
    """Times of the frames before the cut end of a file, as a player shows them."""
    times: list[float] = []
    with av.open(str(path)) as container:
        try:
            times.extend(frame.time for frame in container.decode(video=0))
        except av.FFmpegError:
            assert times
    return times


def read_picture(path: Path, number: int = 0) -> UInt8Array:
    """(H, W, 3) BGR of one frame."""
    return np.asarray(read_frames(path)[number].to_ndarray(format="bgr24"), np.uint8)


def read_bgra(path: Path) -> UInt8Array:
    """The first frame with its transparency, which FFmpeg's own VP9 decoder leaves out."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name != "vp9":
            frame = next(container.decode(stream))
        else:
            decoder = CodecContext.create("libvpx-vp9", "r")
            assert isinstance(decoder, VideoCodecContext)
            frame = next(f for packet in container.demux(stream) for f in decoder.decode(packet))
    rgba = frame.to_ndarray(format="rgba")
    return np.ascontiguousarray(rgba[..., [2, 1, 0, 3]], np.uint8)


def duration_s(path: Path) -> float:
    """Length of the video track, or of the file where the track does not say."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        assert container.duration is not None
        return container.duration / av.time_base


@contextlib.contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit_bytes`: a full disk."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
