"""The shape of a film's pixels, which may change midway, as in broadcasts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.video.frame import VideoFrame
from av.video.stream import VideoStream


def with_pixel_aspects(
    pictures: Iterator[VideoFrame], stream: VideoStream
) -> Iterator[tuple[VideoFrame, Fraction | None]]:
    """Each picture with the shape of its pixels as it tells itself, None where it does not.

    The decoder tells it as soon as it changes, while it still holds pictures of before; it can
    only change with a key picture or another size.
    """
    size_wh: tuple[int, int] | None = None
    aspect: Fraction | None = None
    for picture in pictures:
        if picture.key_frame or size_wh != (picture.width, picture.height):
            aspect = stream.codec_context.sample_aspect_ratio
        size_wh = picture.width, picture.height
        yield picture, aspect
