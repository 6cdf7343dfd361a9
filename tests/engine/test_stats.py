"""What is told of a running session's speed, on a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine import stats
from engine.stats import WINDOW_RESULTS, StatsWindow

SLOW_NETWORK = {"preprocess": 2.0, "network": 30.0, "group": 3.0, "render": 4.0}
SLOW_DRAWING = {"preprocess": 2.0, "network": 10.0, "group": 3.0, "render": 35.0}


class Clock:
    """In the place of `time`."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def perf_counter(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(stats, "time", made)
    return made


def results(
    window: StatsWindow, clock: Clock, count: int, step_s: float, stage_ms: Mapping[str, float]
) -> None:
    for _ in range(count):
        clock.now_s += step_s
        window.add_result(40.0, stage_ms)


@pytest.mark.parametrize(
    ("stage_ms", "step_s", "limit"),
    [
        (SLOW_NETWORK, 0.033, "network"),
        (SLOW_DRAWING, 0.040, "render"),
        (SLOW_NETWORK, 0.100, "source"),
    ],
)
def test_the_slowest_stage_is_named_unless_all_of_them_wait(
    clock: Clock, stage_ms: Mapping[str, float], step_s: float, limit: str
) -> None:
    window = StatsWindow()
    results(window, clock, 30, step_s, stage_ms)
    figures = window.snapshot(dropped_frames=2)
    assert figures.bottleneck == limit
    assert figures.fps == pytest.approx(1 / step_s)
    assert figures.stage_ms == pytest.approx(stage_ms)
    assert (figures.processed_frames, figures.dropped_frames) == (30, 2)


def test_only_the_last_results_count(clock: Clock) -> None:
    window = StatsWindow()
    results(window, clock, 30, 1.0, SLOW_DRAWING)
    results(window, clock, WINDOW_RESULTS, 0.033, SLOW_NETWORK)
    figures = window.snapshot(0)
    assert figures.fps == pytest.approx(1 / 0.033)
    assert figures.bottleneck == "network"


def test_the_latency_is_that_of_the_screen_as_soon_as_one_was_painted(clock: Clock) -> None:
    window = StatsWindow()
    results(window, clock, 10, 0.033, SLOW_NETWORK)
    assert window.snapshot(0).latency_p50_ms == 40.0
    window.add_painted(55.0)
    assert window.snapshot(0).latency_p50_ms == 55.0


def test_after_a_pause_rates_begin_anew_and_counts_go_on(clock: Clock) -> None:
    window = StatsWindow()
    results(window, clock, 10, 0.033, SLOW_NETWORK)
    window.restart()
    assert (window.snapshot(0).fps, window.snapshot(0).bottleneck) == (0.0, "")
    clock.now_s += 60
    results(window, clock, 10, 0.05, SLOW_NETWORK)
    assert window.snapshot(0).fps == pytest.approx(20)
    assert window.snapshot(0).processed_frames == 20
