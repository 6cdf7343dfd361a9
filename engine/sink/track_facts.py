"""What a sound track tells of itself, and what containers have to be told of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet

_USUAL: Mapping[int, str] = MappingProxyType({1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"})
"""Channels and what they are as a rule."""

_WITH_DESCRIPTION = frozenset({"alac", "flac", "opus"})
"""Codecs whose packets cannot be understood without what the file tells of them."""

_UNLIKE_OTHERS = frozenset({"aac", "vorbis"})

_SAMPLES_ALONE = re.compile(r"pcm_(?:[sf](?P<bits>8|16|24|32|64)(?:le|be)?|u8|alaw|mulaw)")
_QUIET: Mapping[str, bytes] = MappingProxyType(
    {"pcm_u8": b"\x80", "pcm_alaw": b"\xd5", "pcm_mulaw": b"\xff"}
)
"""Silence in these; of all others it is 0."""

_AC3 = frozenset({"ac3", "eac3"})
_AC3_SYNC = (b"\x0b\x77", b"\x77\x0b")
"""With which each packet begins, in either order of bytes."""


def others_left_out(name: str, container: InputContainer, kept: AudioStream | None) -> str:
    """What is told of a file with more than one track, "" of others."""
    tracks = container.streams.audio
    if kept is None or len(tracks) < 2:
        return ""
    number = tracks.index(kept) + 1
    which = "the first" if number == 1 else f"number {number}"
    return f"Of the {len(tracks)} sound tracks of {name} {which} was kept."


def hidden_ms(track: AudioStream) -> int:
    """For so long every player leaves out the beginning of a track in Matroska, as it is told to:
    with these samples the codec only starts up."""
    codec = track.codec_context
    return math.floor(1e3 * codec.delay / codec.sample_rate + 0.5) if codec.sample_rate else 0


def can_be_described(source: AudioStream, output: OutputContainer) -> bool:
    """False for MP4, and no other, where nobody knows which channel is which, or what a codec has
    to know: FFmpeg's muxer then breaks off in the middle, and the pictures with it."""
    if output.format.name != "mp4":
        return True
    if _name(source) in _WITH_DESCRIPTION and not source.codec_context.extradata:
        return False
    return not _is_unnamed(source) or _channels(source) in _USUAL


def has_samples_alone(source: AudioStream) -> bool:
    """True for sound without compression, one sample after the other."""
    return _SAMPLES_ALONE.fullmatch(_name(source)) is not None


def is_unlike_others(source: AudioStream) -> bool:
    """True where a packet of another encoder would be misunderstood by what this file tells."""
    return _name(source) in _UNLIKE_OTHERS


def bytes_per_moment(source: AudioStream) -> int:
    """What one sample of each channel takes, of a track that `has_samples_alone`."""
    kind = _SAMPLES_ALONE.fullmatch(_name(source))
    assert kind is not None
    return int(kind["bits"] or 8) // 8 * _channels(source)


def quiet_byte(source: AudioStream) -> bytes:
    """The one of which silence consists, of a track that `has_samples_alone`."""
    return _QUIET.get(_name(source), b"\0")


def name_channels(source: AudioStream, target: AudioStream) -> None:
    """As everybody understands PCM whose file does not name its channels, such as AVI."""
    if _is_unnamed(source) and _channels(source) in _USUAL:
        target.codec_context.layout = _USUAL[_channels(source)]


def _name(source: AudioStream) -> str:
    return source.codec_context.codec.canonical_name


def _is_unnamed(source: AudioStream) -> bool:
    return source.codec_context.layout.name.endswith("channels")


def _channels(source: AudioStream) -> int:
    return source.codec_context.layout.nb_channels


def adts_filter(source: AudioStream) -> BitStreamFilterContext | None:
    """Takes the headers off AAC as MPEG-TS carries it; other containers know no such.

    FFmpeg's MP4 muxer does so by itself, but not together with `delay_moov`.
    """
    context = source.codec_context
    if _name(source) != "aac" or context.extradata:
        return None
    return BitStreamFilterContext("aac_adtstoasc", source)


def is_whole(source: AudioStream, packet: Packet[AudioStream]) -> bool:
    """False for AC-3 that does not begin as it must: FFmpeg's MP4 muxer breaks off there, too."""
    return _name(source) not in _AC3 or bytes(packet)[:2] in _AC3_SYNC
