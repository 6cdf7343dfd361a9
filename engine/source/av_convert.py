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

_UNSEEN = 0.01
"""By so much of its width a picture may be stretched."""

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

    Later pictures of another size or with other pixels keep their shape within the first one's
    size, between black bars, so that a recording or an export has one size. Pixels that are not
    square are made square, as every player does.
    The scaler is kept from picture to picture: making a new one for each, as
    `VideoFrame.to_ndarray(format=…)` does, costs as much as the conversion itself. HDR pictures
    get the colours that they have on an SDR screen; transparent parts of PNG become white.
    """

    def __init__(
        self,
        first: VideoFrame,
        pixel_aspect: Fraction | None,
        codec_name: str = "",
        coded_aspect: Fraction | None = None,
    ) -> None:
        """pixel_aspect: of the film as its file tells, coded_aspect: as the first picture does."""
        _unmark_if_unknown(first)
        self._on_white = codec_name in _TRANSPARENT_ON_WHITE
        self._reformatter = VideoReformatter()
        self._sdr_reformatter = VideoReformatter()
        self._tone_map: ToneMap | None = None
        self._orientation = Orientation.of_frame(first)
        self._first_wh = (first.width, first.height)
        self._coded_aspect = _credible(coded_aspect)
        self._pixel_aspect = _credible(pixel_aspect)
        self._stored_wh = (max(1, round(first.width * self._pixel_aspect)), first.height)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the upright pictures, pixels."""
        width, height = self._stored_wh
        return (width, height) if self._orientation.transpose else (height, width)

    def to_bgr(self, frame: VideoFrame, coded_aspect: Fraction | None = None) -> UInt8Array:
        """(H, W, 3) uint8 BGR of full range, C-contiguous, `size_hw` large.

        coded_aspect: of its pixels, as the picture itself tells.
        """
        _unmark_if_unknown(frame)
        inner_wh = self._inner_wh(frame, _credible(coded_aspect))
        if self._on_white:
            bgra = _pixels(self._resized(frame, inner_wh, "bgra"))
            colours = self._sdr(frame, inner_wh) if is_hdr(frame) else bgra[..., :3]
            image = _on_white(colours, bgra[..., 3])
        elif is_hdr(frame):
            image = self._sdr(frame, inner_wh)
        else:
            image = _pixels(self._resized(frame, inner_wh, "bgr24"))
        return self._orientation.apply(_between_bars(image, self._stored_wh))

    def _inner_wh(self, frame: VideoFrame, coded_aspect: Fraction) -> tuple[int, int]:
        """How large this picture is shown, within the first one's size, before it is turned."""
        same_pixels = coded_aspect == self._coded_aspect
        if same_pixels and (frame.width, frame.height) == self._first_wh:
            return self._stored_wh
        width = frame.width * float(self._pixel_aspect if same_pixels else coded_aspect)
        small, large = sorted((self._stored_wh[0] / width, self._stored_wh[1] / frame.height))
        if large <= small * (1 + _UNSEEN):
            return self._stored_wh
        return max(1, round(width * small)), max(1, round(frame.height * small))

    def _resized(self, frame: VideoFrame, size_wh: tuple[int, int], format_name: str) -> VideoFrame:
        width, height = size_wh
        resized = (frame.width, frame.height) != size_wh
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

    def _sdr(self, frame: VideoFrame, size_wh: tuple[int, int]) -> UInt8Array:
        if self._tone_map is None or not self._tone_map.takes(frame.color_trc, size_wh):
            self._tone_map = ToneMap(frame.color_trc, size_wh)
        sdr = self._tone_map.to_sdr(self._resized(frame, size_wh, RGB_FORMAT))
        return _pixels(self._sdr_reformatter.reformat(sdr, format="bgr24", threads=1))


def _pixels(converted: VideoFrame) -> UInt8Array:
    return np.ascontiguousarray(converted.to_ndarray(), np.uint8)


def _credible(pixel_aspect: Fraction | None) -> Fraction:
    """1 also for pixels so nearly square that nobody sees it, and where nobody can mean it."""
    if pixel_aspect is None or pixel_aspect <= 0 or abs(pixel_aspect - 1) <= _UNSEEN:
        return Fraction(1)
    most = Fraction(_MOST_PIXEL_ASPECT)
    return pixel_aspect if 1 / most <= pixel_aspect <= most else Fraction(1)


def _between_bars(image: UInt8Array, size_wh: tuple[int, int]) -> UInt8Array:
    """`image` (h, w, 3) centred on black; the same array where it fills the size."""
    height, width = image.shape[:2]
    if (width, height) == size_wh:
        return image
    top, left = (size_wh[1] - height) // 2, (size_wh[0] - width) // 2
    canvas = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    canvas[top : top + height, left : left + width] = image
    return canvas


def _on_white(bgr: UInt8Array, alpha: UInt8Array) -> UInt8Array:
    """(H, W, 3) under (H, W), as the light of the picture falls on white paper."""
    weight = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    light = cv2.multiply(bgr, weight, scale=1 / 255)
    return np.asarray(cv2.add(light, 255 - weight), np.uint8)


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
