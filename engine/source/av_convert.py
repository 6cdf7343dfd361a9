"""Decoded pictures into upright BGR with square pixels and the right colours."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, cast

import cv2
import numpy as np
from av.buffer import Buffer
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from engine.source.av_hdr import RGB_FORMAT, ToneMap, is_hdr
from engine.types import UInt8Array

_UNSPECIFIED_MATRIX = 2  # AVCOL_SPC_UNSPECIFIED
_MATRICES = frozenset({0, 1, 4, 5, 6, 7, 9})
"""Of `matrix_coefficients` in ITU-T H.273, those that swscale knows; it refuses pictures that are
marked with another."""

_MOST_PIXEL_ASPECT = 8
"""A film that tells of longer pixels is mistaken; made square they would fill all memory."""

_TRANSPARENT_ON_WHITE = frozenset({"apng", "png"})
"""Codecs of pictures, shown as `ImagesSource` shows a still one. Of other films the colours count
as they are stored: what stands for transparency in a raw AVI is often mere padding."""


class Orientation(NamedTuple):
    """How a stored picture becomes upright: first transpose, then mirror."""

    transpose: bool = False
    flip_horizontal: bool = False
    flip_vertical: bool = False

    @classmethod
    def of_frame(cls, frame: VideoFrame) -> Orientation:
        """From the display matrix, to the nearest quarter turn; upright without one.

        The matrix is nine 16.16 numbers a b u c d v x y w (libavutil/display.h): the stored
        pixel (p, q) is shown at (a·p + c·q, b·p + d·q). `VideoFrame.rotation` is not enough,
        it does not tell a mirrored picture.
        """
        # A frame whose side data was looked at refers to itself (PyAV 18) and would keep the
        # decoder's buffers until the next garbage collection; so look at a tiny copy.
        tiny = frame.reformat(width=16, height=16)
        side_data = cast("Mapping[SideDataType, Buffer]", tiny.side_data)
        matrix = side_data.get(SideDataType.DISPLAYMATRIX)
        if matrix is None:
            return cls()
        a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def apply(self, image: UInt8Array) -> UInt8Array:
        """The upright picture, C-contiguous; the same array where nothing is to do."""
        if self.transpose:
            image = np.asarray(cv2.transpose(image), np.uint8)
        if self.flip_horizontal or self.flip_vertical:
            code = -1 if self.flip_horizontal and self.flip_vertical else int(self.flip_horizontal)
            image = np.asarray(cv2.flip(image, code), np.uint8)
        return image


class UprightConverter:
    """Converts all pictures of one stream; the first one decides size and orientation.

    Later pictures of another size are scaled to the first one's, so that a recording or an
    export has one size. Pixels that are not square are made square, as every player does.
    The scaler is kept from picture to picture: making a new one for each, as
    `VideoFrame.to_ndarray(format=…)` does, costs as much as the conversion itself. HDR pictures
    get the colours that they have on an SDR screen; transparent parts of PNG become white.
    """

    def __init__(
        self, first: VideoFrame, pixel_aspect: Fraction | None, codec_name: str = ""
    ) -> None:
        _unmark_if_unknown(first)
        self._on_white = codec_name in _TRANSPARENT_ON_WHITE
        self._reformatter = VideoReformatter()
        self._sdr_reformatter = VideoReformatter()
        self._tone_map: ToneMap | None = None
        self._orientation = Orientation.of_frame(first)
        width = first.width
        if pixel_aspect is not None and _is_credible(pixel_aspect):
            width = max(1, round(width * pixel_aspect))
        self._stored_wh = (width, first.height)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the upright pictures, pixels."""
        width, height = self._stored_wh
        return (width, height) if self._orientation.transpose else (height, width)

    def to_bgr(self, frame: VideoFrame) -> UInt8Array:
        """(H, W, 3) uint8 BGR of full range, C-contiguous, `size_hw` large."""
        _unmark_if_unknown(frame)
        if is_hdr(frame):
            converted = self._sdr_reformatter.reformat(
                self._to_sdr(frame), format="bgr24", threads=1
            )
        elif self._on_white:
            bgra = np.asarray(self._resized(frame, "bgra").to_ndarray(), np.uint8)
            return self._orientation.apply(_on_white(bgra))
        else:
            converted = self._resized(frame, "bgr24")
        image: UInt8Array = np.ascontiguousarray(converted.to_ndarray(), np.uint8)
        return self._orientation.apply(image)

    def _resized(self, frame: VideoFrame, format_name: str) -> VideoFrame:
        width, height = self._stored_wh
        resized = (frame.width, frame.height) != self._stored_wh
        return self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format=format_name,
            src_colorspace=_assumed_matrix(frame),
            interpolation=Interpolation.BICUBIC if resized else Interpolation.BILINEAR,
            # swscale's own threads cost more than they save below about 4K.
            threads=1,
        )

    def _to_sdr(self, frame: VideoFrame) -> VideoFrame:
        if self._tone_map is None or self._tone_map.color_trc != frame.color_trc:
            self._tone_map = ToneMap(frame.color_trc, self._stored_wh)
        return self._tone_map.to_sdr(self._resized(frame, RGB_FORMAT))


def _is_credible(pixel_aspect: Fraction) -> bool:
    """False also for square pixels, and those so nearly square that nobody sees it."""
    if pixel_aspect <= 0 or abs(pixel_aspect - 1) <= 0.01:
        return False
    return Fraction(1, _MOST_PIXEL_ASPECT) <= pixel_aspect <= _MOST_PIXEL_ASPECT


def _on_white(bgra: UInt8Array) -> UInt8Array:
    """(H, W, 4) → (H, W, 3), as the light of the picture falls on white paper."""
    alpha = cv2.cvtColor(bgra[..., 3], cv2.COLOR_GRAY2BGR)
    light = cv2.multiply(bgra[..., :3], alpha, scale=1 / 255)
    return np.asarray(cv2.add(light, 255 - alpha), np.uint8)


def _assumed_matrix(frame: VideoFrame) -> Colorspace | None:
    """For unmarked pictures BT.2020 if HDR, BT.709 if HD, as players do; else None (BT.601)."""
    if frame.colorspace != _UNSPECIFIED_MATRIX:
        return None
    if is_hdr(frame):
        return Colorspace.BT2020
    is_hd = frame.width >= 1280 or frame.height > 576
    return Colorspace.ITU709 if is_hd else None


def _unmark_if_unknown(frame: VideoFrame) -> None:
    if frame.colorspace not in _MATRICES:
        frame.colorspace = _UNSPECIFIED_MATRIX
