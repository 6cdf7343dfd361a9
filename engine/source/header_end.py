"""Where the header of a file says that its film ends, so that one that breaks off is noticed."""

from __future__ import annotations

from av.container import InputContainer
from av.video.stream import VideoStream

from engine.errors import SourceCutShort
from engine.source.av_open import MediaLocation

_TOLERANCE_S = 1.0
"""Headers round, count the last picture's time or do not, and may mean the longest track."""


def header_end_s(container: InputContainer, stream: VideoStream) -> float | None:
    """When the last picture is over, on the timeline of the stream; None where nobody says.

    Only MP4 and Matroska with their relatives write it down. For most other kinds libav
    computes a duration from what there is, which of a torn file is shorter or a mere guess.
    """
    names = container.format.name.split(",")
    if "mp4" in names and stream.duration and stream.time_base is not None:
        start = stream.start_time or 0
        may_be_the_end = stream.duration > start > 0  # see `_is_piece`
        end = stream.duration if may_be_the_end else stream.duration + start
        return float(end * stream.time_base)
    if "matroska" in names and container.duration:
        whole_s = container.duration / 1e6  # of the longest track
        if len(container.streams) == 1:
            return whole_s
        own_s = _seconds(stream.metadata.get("DURATION", ""))
        return None if own_s is None else min(own_s, whole_s)
    return None


def header_duration_s(container: InputContainer, stream: VideoStream, start_s: float) -> float:
    """For how long the film lasts from its first picture, at `start_s`, on; 0 where nobody says."""
    tick_s = float(stream.time_base or 0)
    # Missing and negative both mean that libav does not know.
    known_s = (stream.duration or 0) * tick_s or (container.duration or 0) / 1e6
    is_the_end = "matroska" in container.format.name or _is_piece(container, stream)
    return known_s - start_s if is_the_end and known_s > start_s > 0 else known_s


def cut_short(
    location: MediaLocation, end_s: float, header_end_s: float | None, start_s: float
) -> SourceCutShort | None:
    """The error for a film whose last picture is over at `end_s`; None where that is its end."""
    if header_end_s is None or end_s >= header_end_s - _TOLERANCE_S:
        return None
    rest = (
        "The rest is missing or damaged; copy or download it again."
        if location.path is not None
        else "The rest did not come; check the network, or download it first."
    )
    there, whole = _clock(end_s - start_s), _clock(header_end_s - start_s)
    return SourceCutShort(f"{location.name} breaks off after {there} of {whole}.", rest)


def _is_piece(container: InputContainer, stream: VideoStream) -> bool:
    """MP4 in fragments alone, as of a live stream: libav takes the end itself for the duration."""
    return "mp4" in container.format.name.split(",") and not stream.frames


def _clock(time_s: float) -> str:
    """65 as 1:05, 3725 as 1:02:05."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _seconds(clock: str) -> float | None:
    """Of 00:00:10.313000000, as Matroska's tags have it; None for anything else."""
    try:
        hours, minutes, seconds = clock.split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
