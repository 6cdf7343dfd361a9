"""HDR pictures (BT.2100 HLG and PQ), as phones film them, into SDR ones of the same look."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc

from engine.errors import SourceUnreadable
from engine.source.hdr import Light, hlg_light_nits, pq_light_nits, sdr_table

_TO_LIGHT: Final[Mapping[int, Callable[[Light], Light]]] = MappingProxyType(
    {ColorTrc.ARIB_STD_B67: hlg_light_nits, ColorTrc.SMPTE2084: pq_light_nits}
)
_TABLE_SIZE = 49
RGB_FORMAT: Final = "gbrp16le"
"""What `ToneMap` takes: of the formats of whole numbers the one that lut3d is fast on."""


def is_hdr(picture: VideoFrame) -> bool:
    """True where the picture says that its colours are HLG or PQ."""
    return picture.color_trc in _TO_LIGHT


class ToneMap:
    """FFmpeg's lut3d with the table of `engine.source.hdr`, for pictures of one size and curve.

    swscale maps HDR, too, but cuts off all that is brighter than white or, as PyAV cannot set
    but a filter can, makes all darker; and it computes for seconds before the first picture
    (FFmpeg 8.1).
    """

    def __init__(self, color_trc: int, size_wh: tuple[int, int]) -> None:
        """color_trc: of a picture for which `is_hdr` holds.

        Raises SourceUnreadable where no temporary file can be written.
        """
        self._kind = color_trc, size_wh
        width, height = size_wh
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=width,
            height=height,
            format=VideoFormat(RGB_FORMAT),
            time_base=Fraction(1, 90_000),
        )
        try:
            lookup = _add_lookup(self._graph, color_trc)
        except OSError as error:
            raise SourceUnreadable(
                f"The colours of this HDR video cannot be converted: {error}.",
                "Free space in the folder for temporary files, or film without HDR.",
            ) from error
        sink = self._graph.add("buffersink")
        source.link_to(lookup)
        lookup.link_to(sink)
        self._graph.configure()

    def takes(self, color_trc: int, size_wh: tuple[int, int]) -> bool:
        """Whether it was made for such pictures."""
        return self._kind == (color_trc, size_wh)

    def to_sdr(self, rgb: VideoFrame) -> VideoFrame:
        """The same picture in BT.709; both in `RGB_FORMAT`."""
        self._graph.vpush(rgb)
        return self._graph.vpull()


def _add_lookup(graph: Graph, color_trc: int) -> FilterContext:
    table = sdr_table(_TO_LIGHT[color_trc], _TABLE_SIZE).reshape(-1, 3)
    with tempfile.TemporaryDirectory() as folder:
        cube = Path(folder, "sdr.cube")
        header = f"LUT_3D_SIZE {_TABLE_SIZE}"
        np.savetxt(cube, table, fmt="%.6f", header=header, comments="")
        return graph.add("lut3d", file=str(cube))  # reads the file at once
