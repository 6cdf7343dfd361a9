"""Short videos made at test time, in which each picture tells its own number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engine.source import Source
from engine.types import Frame, UInt8Array

BITS = 8
BLOCK_PX = 16


def numbered_image(number: int, size_hw: tuple[int, int] = (64, 160)) -> UInt8Array:
    """A grey picture whose upper left blocks spell `number` in white and black."""
    image = np.full((*size_hw, 3), 128, np.uint8)
    for bit in range(BITS):
        level = 255 if number >> bit & 1 else 0
        image[:BLOCK_PX, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = level
    return image


def number_of(image: UInt8Array) -> int:
    """The number that `numbered_image` wrote."""
    middle = BLOCK_PX // 2
    return sum(
        1 << bit for bit in range(BITS) if image[middle, bit * BLOCK_PX + middle].mean() > 127
    )


def read_all(source: Source) -> list[Frame]:
    """What is left of a film."""
    return list(iter(source.read, None))


def write_clip(
    path: Path,
    pts: Sequence[int] = tuple(range(40)),
    *,
    time_base: Fraction = Fraction(1, 30),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size_hw: tuple[int, int] = (64, 160),
    gop: int = 12,
    rotation: int = 0,
    mirrored: bool = False,
    with_audio: bool = False,
    audio_s: float | None = None,
    codec_options: Mapping[str, str] | None = None,
    images: Sequence[UInt8Array] | None = None,
) -> Path:
    """Picture i is shown at pts[i] ticks and spells i, unless `images` are given.

    audio_s: how long the sound is, as long as the pictures if None.
    """
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=round(1 / time_base), options=codec_options)
        stream.height, stream.width = size_hw
        stream.pix_fmt = pix_fmt
        stream.gop_size = gop
        stream.codec_context.time_base = time_base
        if rotation or mirrored:
            stream.set_display_rotation(rotation, hflip=mirrored)
        if with_audio:
            _write_silence(container, seconds=len(pts) / 30 if audio_s is None else audio_s)
        for i, ticks in enumerate(pts):
            image = numbered_image(i, size_hw) if images is None else images[i]
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            frame.pts, frame.time_base = ticks, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _write_silence(container: av.container.OutputContainer, seconds: float) -> None:
    stream = container.add_stream("aac", rate=16_000)
    for start in range(0, int(seconds * 16_000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate, frame.pts = 16_000, start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
