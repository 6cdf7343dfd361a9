"""Packets of sound whose times can be true; those of others are wrong, or of another clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from av.audio.stream import AudioStream
from av.packet import Packet

_LEAST_STEP_S = 1.0
"""Packets lie in order; one so far from the last is doubted."""

_MOST_GAP_S = 3600.0
"""For so long a film may be silent. FFmpeg's MP4 muxer aborts at a step of 2³¹ samples."""

_LEAST_SURE_S = 1.0
"""Packets that agree for so long are no mistake: more than one packet of a broadcast holds."""

_MOST_GAP_AT_END_S = 60.0
"""A pause that is believed of what comes last, however short that is."""


def in_order(
    packets: Iterable[Packet[AudioStream]], from_s: float, on_restart: Callable[[], None]
) -> Iterator[Packet[AudioStream]]:
    """The packets without those of wrong times, wherever pauses are.

    from_s: before, or soon after, the first. on_restart: called where a clock starts over, as in
    films that were put together; nobody knows then what belongs to which picture, so the rest is
    left out until the first clock goes on.
    """
    end_s: float | None = None
    strange_s: float | None = None  # where the other clock is
    doubted: list[Packet[AudioStream]] = []
    for packet in packets:
        if packet.pts is None:
            continue
        start_s, packet_end_s = _span_s(packet)
        if strange_s is not None and abs(start_s - strange_s) <= _LEAST_STEP_S:
            strange_s = packet_end_s
            continue
        strange_s = None
        step_s = max(0.0, start_s - from_s) if end_s is None else start_s - end_s
        is_near = abs(step_s) <= _LEAST_STEP_S
        if is_near or not (doubted and _follows(start_s, doubted[-1])):
            doubted.clear()
        doubted.append(packet)
        if not is_near and packet_end_s - _span_s(doubted[0])[0] < _LEAST_SURE_S:
            continue
        if -_LEAST_STEP_S <= step_s <= _MOST_GAP_S:
            end_s = packet_end_s
            yield from doubted
        else:
            strange_s = packet_end_s
            on_restart()
        doubted.clear()
    begun_s = from_s if end_s is None else end_s
    if doubted and 0 < _span_s(doubted[0])[0] - begun_s <= _MOST_GAP_AT_END_S:
        yield from doubted


def _follows(start_s: float, before: Packet[AudioStream]) -> bool:
    return abs(start_s - _span_s(before)[1]) <= _LEAST_STEP_S


def _span_s(packet: Packet[AudioStream]) -> tuple[float, float]:
    start, tick_s = packet.pts or 0, float(packet.time_base)
    return start * tick_s, (start + (packet.duration or 0)) * tick_s
