"""Interlaced pictures, two moments woven line by line, into whole ones without combs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

_FILTER = "bwdif"
_OPTIONS = "mode=send_frame:deint=interlaced"
"""One picture for each that comes in; those not marked interlaced pass as they are."""

_LEAST_SIDE_PX = 16
"""The filter refuses less than three columns or four lines of any plane, also of colours stored
at a quarter of the size; nobody sees combs in so small a picture."""


def deinterlaced(pictures: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """The same pictures under the same pts, those marked interlaced without combs unless tiny.

    From the first interlaced one on, each picture waits for the next, which is needed to
    fill in its missing lines; before it nothing waits and nothing is touched.
    """
    weaver: _Weaver | None = None
    for picture in pictures:
        if weaver is not None and not weaver.takes(picture):
            yield from weaver.put(None)
            weaver = None
        if weaver is None and picture.interlaced_frame and _is_large_enough(picture):
            weaver = _Weaver(picture)
        if weaver is None:
            yield picture
        else:
            yield from weaver.put(picture)
    if weaver is not None:
        yield from weaver.put(None)


class _Weaver:
    """libavfilter on pictures of one size and format."""

    def __init__(self, first: VideoFrame) -> None:
        self._layout = _layout(first)
        self._time_base = first.time_base or Fraction(1, 90_000)
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=first.width,
            height=first.height,
            format=first.format,
            time_base=self._time_base,
        )
        weave = self._graph.add(_FILTER, _OPTIONS)
        sink = self._graph.add("buffersink")
        source.link_to(weave)
        weave.link_to(sink)
        self._graph.configure()

    def takes(self, picture: VideoFrame) -> bool:
        """False where the picture is of another size or format."""
        return _layout(picture) == self._layout

    def put(self, picture: VideoFrame | None) -> Iterator[VideoFrame]:
        """What is ready after this picture, or after the last one for None."""
        self._graph.vpush(picture)
        while True:
            try:
                ready = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if ready.pts is not None:
                ready.pts //= 2  # the filter counts fields
            ready.duration = (ready.duration or 0) // 2
            ready.time_base = self._time_base
            yield ready


def _is_large_enough(picture: VideoFrame) -> bool:
    return min(picture.width, picture.height) >= _LEAST_SIDE_PX


def _layout(picture: VideoFrame) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.format.name
