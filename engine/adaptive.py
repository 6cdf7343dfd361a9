"""The size of the network's input that holds a wished-for frame rate.

Pure: what was measured goes in, the next state comes out, and no clock is read. A frame
rate that stays below the wish makes the input smaller within about a second; it becomes
larger only where the time that it would take, by its number of pixels, leaves room. A
size that failed is not tried again for a while, and for longer each time that it fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.preprocess import rounded_side

RUNG = 0.88
"""About the ratio of neighbouring sides: a step changes the pixels by a quarter."""

SHORT_SHARE = 0.85
"""Below this share of the wish a rate counts as too low.

Timers and cameras are not exact, and other programs take a core for a moment: three or four
frames of thirty are worth less than the masks of the larger size (docs/findings/speed.md).
"""

NETWORK_SHARE = 0.5
"""Where the network fills less of the time, something else is slow and a size wins little."""

DOWN_S, DOWN_RESULTS = 1.0, 5
"""So long, and over so many results, a rate must be too low. One hiccup is neither."""

DOWN_FILL = 0.95
UP_S, UP_FILL, UP_PERCENTILE = 3.0, 0.75, 80
"""Shares of the time per frame to be filled at the next size: going down nearly all of it,
going up three quarters, by the slower ones of the times seen in so many seconds."""

HOLD_S, MOST_HOLD_S = 15.0, 240.0
"""A size that failed is left alone for the first, doubled each time up to the second."""

HELD_WELL_S = 60.0
"""A size that failed so long after it might be tried again is as one that fails for the first time:
it has served since, or was only passed through, as a load came that smaller ones bear no better."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One result of a session.

    finished_at_s: any clock that runs evenly. due_s: when its frame belonged on the
    screen, on the timeline of the source at the speed played. frame_index: as the source
    counts, so that a gap is a dropped frame. long_side: longer side of the input, pixels.
    network_ms: of all that grows with the input, preprocessing included.
    """

    finished_at_s: float
    due_s: float
    frame_index: int
    long_side: int
    network_ms: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A size that was too slow: not to be tried before `until_s`, `hold_s` after it failed."""

    long_side: int
    hold_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class SizeState:
    """What is known of a machine and a model.

    sides: the sizes to choose from, rising, pixels of the longer side. long_side: the one
    to use now. entered_at_s: when its first result came, None before. seen: its timings.
    """

    sides: tuple[int, ...]
    long_side: int
    entered_at_s: float | None = None
    seen: tuple[Timing, ...] = ()
    failures: tuple[Failure, ...] = ()


def ladder(highest: int, lowest: int) -> tuple[int, ...]:
    """Sides of the form 16·k + 1 from `lowest` to `highest`, in about even ratios.

    Only `highest` where that is not above `lowest`.
    """
    highest, lowest = rounded_side(highest), rounded_side(lowest)
    if highest <= lowest:
        return (highest,)
    ratio = (lowest - 1) / (highest - 1)
    steps = max(1, round(math.log(ratio) / math.log(RUNG)))
    sides = {rounded_side((highest - 1) * ratio ** (i / steps) + 1) for i in range(steps + 1)}
    return tuple(sorted(sides))


def observe(state: SizeState, timing: Timing, wished_fps: float) -> SizeState:
    """The state after one more result; its `long_side` is for the next frame.

    Results of frames that were under way at another size are passed over, and so is the
    first of a new size, for which the runtime plans its memory.
    """
    if timing.long_side != state.long_side:
        return state
    if state.entered_at_s is None:
        return replace(state, entered_at_s=timing.finished_at_s)
    state = replace(state, seen=_kept(state.seen, timing))
    recent = _tail(state.seen, DOWN_S, DOWN_RESULTS)
    if recent is None:
        return state
    wished_fps = min(wished_fps, _offered_fps(recent))
    if _fps(recent) < SHORT_SHARE * wished_fps:
        return _smaller(state, recent, wished_fps)
    return _larger(state, wished_fps)


def _kept(seen: tuple[Timing, ...], timing: Timing) -> tuple[Timing, ...]:
    if seen and (timing.due_s < seen[-1].due_s or timing.frame_index < seen[-1].frame_index):
        return (timing,)  # a seek or a loop
    since_s = timing.finished_at_s - UP_S
    old = sum(1 for earlier in seen[1:] if earlier.finished_at_s <= since_s)
    return (*seen[min(old, max(0, len(seen) - DOWN_RESULTS)) :], timing)


def _tail(seen: tuple[Timing, ...], least_s: float, least: int) -> tuple[Timing, ...] | None:
    """The shortest end of `seen` that spans `least_s` and `least` results after its first."""
    for first in range(len(seen) - 1 - least, -1, -1):
        if seen[-1].finished_at_s - seen[first].finished_at_s >= least_s:
            return seen[first:]
    return None


def _fps(timings: tuple[Timing, ...]) -> float:
    return (len(timings) - 1) / (timings[-1].finished_at_s - timings[0].finished_at_s)


def _offered_fps(timings: tuple[Timing, ...]) -> float:
    """What the source delivers: a camera in the dark gives fewer frames than it promised."""
    span_s = timings[-1].due_s - timings[0].due_s
    frames = timings[-1].frame_index - timings[0].frame_index
    return frames / span_s if span_s > 0 else math.inf


def _smaller(state: SizeState, recent: tuple[Timing, ...], wished_fps: float) -> SizeState:
    """The largest size that promises the rate, taking the network's time off the period."""
    period_ms = 1e3 / _fps(recent)
    network_ms = float(np.median([timing.network_ms for timing in recent[1:]]))
    below = [side for side in state.sides if side < state.long_side]
    if not below or network_ms < NETWORK_SHARE * period_ms:
        return state
    target_ms = DOWN_FILL * 1e3 / wished_fps
    saved_ms = {side: network_ms * (1 - _pixels_ratio(side, state.long_side)) for side in below}
    fitting = [side for side in below if period_ms - saved_ms[side] <= target_ms]
    failed = _failure(state, recent[-1].finished_at_s)
    others = tuple(f for f in state.failures if f.long_side != state.long_side)
    return SizeState(state.sides, max(fitting, default=below[0]), failures=(*others, failed))


def _failure(state: SizeState, now_s: float) -> Failure:
    before = next((f for f in state.failures if f.long_side == state.long_side), None)
    hold_s = HOLD_S
    if before is not None and now_s - before.until_s < HELD_WELL_S:
        hold_s = min(2 * before.hold_s, MOST_HOLD_S)
    return Failure(state.long_side, hold_s, now_s + hold_s)


def _larger(state: SizeState, wished_fps: float) -> SizeState:
    above = next((side for side in state.sides if side > state.long_side), None)
    tail = _tail(state.seen, UP_S, DOWN_RESULTS)
    if above is None or tail is None:
        return state
    now_s = tail[-1].finished_at_s
    if any(f.long_side == above and f.until_s > now_s for f in state.failures):
        return state
    slow_ms = float(np.percentile([timing.network_ms for timing in tail], UP_PERCENTILE))
    if slow_ms * _pixels_ratio(above, state.long_side) > UP_FILL * 1e3 / wished_fps:
        return state
    return SizeState(state.sides, above, failures=state.failures)


def _pixels_ratio(side: int, other: int) -> float:
    return (side / other) ** 2
