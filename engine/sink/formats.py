"""The containers and encoders a recording can have, and which of them work here.

Every file can be played after its writer was killed: MP4 and MOV are written as
fragments of a fifth of a second and become ordinary files, with one index, when they are
closed (`hybrid_fragmented`); Matroska and WebM are clusters of a fifth of a second by nature.
`delay_moov` lets the first fragment carry the edit lists that keep sound in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace

from engine.errors import SinkError

TICKS_PER_S = 60_000
"""Ticks of the clock of recorded frames: whole numbers at 24, 25, 29.97, 30, 50, 59.94 and
60 fps, 17 µs otherwise; MPEG-4 allows no more than 65,535."""

KEY_INTERVAL_FRAMES = 60
"""At most this many frames from one key frame to the next: how finely a player can seek."""

_BT709 = 1
"""Of `color_primaries` and `color_trc` in ITU-T H.273."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """One encoder of FFmpeg and how this program drives it.

    pix_fmt: what it is fed with. options: its own; `{crf}` and `{preset}` are filled in.
    bits_per_pixel: bit rate for encoders that know no constant quality, 0 for those that
    do. crf_shift: added to the H.264 scale of `crf`.
    """

    name: str
    pix_fmt: str = "yuv420p"
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bits_per_pixel: float = 0.0
    crf_shift: int = 0

    @property
    def colorspace(self) -> int:
        """BT.709, but for JPEG and VP8, which are BT.601 by definition."""
        is_bt601 = self.name in ("mjpeg", "libvpx")
        return int(Colorspace.ITU601 if is_bt601 else Colorspace.ITU709)

    @property
    def color_range(self) -> int:
        """JPEG pictures use 0…255, all others 16…235."""
        return int(ColorRange.JPEG if self.pix_fmt == "yuvj420p" else ColorRange.MPEG)

    def filled_options(self, crf: int, preset: str) -> dict[str, str]:
        """The options for this quality."""
        shifted = crf + self.crf_shift
        return {key: text.format(crf=shifted, preset=preset) for key, text in self.options.items()}


@dataclass(frozen=True, slots=True)
class ContainerFormat:
    """A kind of file: the muxer's name and options, the encoders by preference.

    edit_lists: sound may begin before the first picture without moving the picture.
    sound_encoder: for sound that the container does not take as it is.
    """

    muxer: str
    options: Mapping[str, str]
    encoders: tuple[Encoder, ...]
    edit_lists: bool
    sound_encoder: str = "aac"


_VPX = {"crf": "{crf}", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
# Without B-frames decoding order is presentation order, so a cut-off file has no holes;
# measured at 720p on two cores: 7 to 9 ms a frame with veryfast, conversion included.
_X264 = Encoder("libx264", options={"preset": "{preset}", "crf": "{crf}", "bf": "0"})
_H264 = (
    _X264,
    *(
        Encoder(name, bits_per_pixel=0.15)
        for name in ("libopenh264", "h264_videotoolbox", "h264_mf", "h264_nvenc", "h264_amf")
    ),
    Encoder("h264_qsv", pix_fmt="nv12", bits_per_pixel=0.15),
)
# Both are FFmpeg's own and always there.
_FALLBACK = (
    Encoder("mpeg4", bits_per_pixel=0.3),
    Encoder("mjpeg", pix_fmt="yuvj420p", bits_per_pixel=1.0),
)
_VP9 = Encoder("libvpx-vp9", options={**_VPX, "row-mt": "1"}, crf_shift=11)
_VP8 = Encoder("libvpx", options=_VPX, bits_per_pixel=0.5, crf_shift=4)

_COMMON = {"flush_packets": "1", "max_interleave_delta": "500000"}
_FRAGMENTS = {**_COMMON, "movflags": "hybrid_fragmented+delay_moov", "frag_duration": "200000"}
_CLUSTERS = {**_COMMON, "cluster_time_limit": "200"}

VIDEO_FORMATS: Mapping[str, ContainerFormat] = {
    ".mp4": ContainerFormat("mp4", _FRAGMENTS, (*_H264, *_FALLBACK), edit_lists=True),
    ".mov": ContainerFormat("mov", _FRAGMENTS, (*_H264, *_FALLBACK), edit_lists=True),
    ".mkv": ContainerFormat("matroska", _CLUSTERS, (*_H264, *_FALLBACK), edit_lists=False),
    ".webm": ContainerFormat("webm", _CLUSTERS, (_VP9, _VP8), False, "libopus"),
}

ALPHA_FORMATS: Mapping[str, ContainerFormat] = {
    ".mov": ContainerFormat(
        "mov",
        _FRAGMENTS,
        (Encoder("prores_ks", pix_fmt="yuva444p10le", options={"profile": "4444"}),),
        edit_lists=True,
    ),
    ".webm": ContainerFormat(
        "webm",
        _CLUSTERS,
        # Only with alternate reference frames off can libvpx encode transparency.
        (
            Encoder(
                "libvpx-vp9",
                pix_fmt="yuva420p",
                options={**_VPX, "row-mt": "1", "auto-alt-ref": "0"},
                crf_shift=11,
            ),
        ),
        edit_lists=False,
        sound_encoder="libopus",
    ),
}

_ALIASES = {
    "h264": tuple(encoder.name for encoder in _H264),
    "vp9": ("libvpx-vp9",),
    "vp8": ("libvpx",),
    "prores": ("prores_ks",),
}


def container_format(path: Path, formats: Mapping[str, ContainerFormat]) -> ContainerFormat:
    """The kind of file that the ending of `path` names. Raises `SinkError`."""
    found = formats.get(path.suffix.lower())
    if found is None:
        ending = f"files ending in {path.suffix}" if path.suffix else "a name without an ending"
        raise SinkError(f"Cannot record {ending}.", f"Use one of {', '.join(formats)}.")
    return found


def open_encoder(
    encoder: Encoder, size_hw: tuple[int, int], fps: float, crf: int, preset: str
) -> VideoCodecContext | None:
    """A context that has been opened with these settings, None where that fails.

    Hardware encoders are listed wherever FFmpeg was built with them; only opening one
    tells whether the hardware is there.
    """
    try:
        context = CodecContext.create(encoder.name, "w")
        assert isinstance(context, VideoCodecContext)
        configure(context, encoder, size_hw, fps)
        context.options = encoder.filled_options(crf, preset)
        context.open()
    except (av.FFmpegError, ValueError):
        return None
    return context


def configure(
    context: VideoCodecContext, encoder: Encoder, size_hw: tuple[int, int], fps: float
) -> None:
    """Set size, clock, colours and bit rate of an encoder that is not open yet."""
    context.height, context.width = size_hw
    context.pix_fmt = encoder.pix_fmt
    context.time_base = Fraction(1, TICKS_PER_S)
    context.framerate = Fraction(fps).limit_denominator(1001)
    context.gop_size = KEY_INTERVAL_FRAMES
    context.colorspace, context.color_range = encoder.colorspace, encoder.color_range
    context.color_primaries = context.color_trc = _BT709
    if encoder.bits_per_pixel:
        context.bit_rate = int(encoder.bits_per_pixel * size_hw[0] * size_hw[1] * fps)


def choose_encoder(
    container: ContainerFormat,
    wanted: str | None,
    size_hw: tuple[int, int],
    fps: float,
    crf: int,
    preset: str,
) -> Encoder:
    """The first encoder of `container` that opens here. Raises `SinkError`.

    wanted: a codec ("h264", "vp9", …) or an encoder ("libx264", …); None takes the best.
    """
    names = None if wanted is None else _ALIASES.get(wanted, (wanted,))
    candidates = [e for e in container.encoders if names is None or e.name in names]
    for encoder in candidates:
        if open_encoder(encoder, size_hw, fps, crf, preset) is not None:
            return encoder
    usable = ", ".join(encoder.name for encoder in container.encoders)
    if not candidates:
        raise SinkError(f"Unknown codec {wanted} for .{container.muxer}.", f"Known are {usable}.")
    tried = wanted or usable
    raise SinkError(
        f"No encoder works here for {size_hw[1]}×{size_hw[0]} pictures with {tried}, "
        f"preset {preset}, crf {crf}.",
        "Leave codec and preset at their defaults, or choose another kind of file.",
    )
