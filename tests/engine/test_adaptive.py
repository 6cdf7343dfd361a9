"""The input size that holds a frame rate, on made-up machines before a camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from engine.adaptive import HOLD_S, SizeState, Timing, ladder, observe
from engine.config import AdaptiveOptions

HIGHEST, LOWEST = 545, AdaptiveOptions().lowest_long_side


def largest(highest: int = HIGHEST) -> SizeState:
    return SizeState(ladder(highest, LOWEST), highest)


@dataclass
class Machine:
    """A camera, a network whose time grows with the pixels, and the other stages beside it.

    network_ms: at the largest size, by the second. other_ms: of the stages that overlap
    with it. noise: of every single time, as a share.
    """

    network_ms: Callable[[float], float]
    other_ms: float = 8.0
    camera_fps: Callable[[float], float] = lambda _s: 30.0
    noise: float = 0.0
    wished_fps: float = 30.0
    state: SizeState = field(default_factory=largest)
    changes: list[tuple[float, int]] = field(default_factory=list)
    rates: list[tuple[float, float]] = field(default_factory=list)

    def run(self, seconds: float) -> Machine:
        random = np.random.default_rng(7)
        captured_s, frame_index, free_s, last_s = 0.0, 0, 0.0, 0.0
        while free_s < seconds:
            begin_s = max(free_s, captured_s)
            while captured_s + 1 / self.camera_fps(captured_s) <= begin_s:  # only the newest
                captured_s += 1 / self.camera_fps(captured_s)
                frame_index += 1
            side = self.state.long_side
            noise = 1 + self.noise * random.standard_normal()
            pixels = (side / HIGHEST) ** 2
            network_s = max(1e-3, self.network_ms(begin_s) * pixels * noise / 1e3)
            free_s = begin_s + max(network_s, self.other_ms / 1e3)
            finished_s = begin_s + network_s + self.other_ms / 1e3
            timing = Timing(finished_s, captured_s, frame_index, side, network_s * 1e3)
            self.state = observe(self.state, timing, self.wished_fps)
            if self.state.long_side != side:
                self.changes.append((finished_s, self.state.long_side))
            self.rates.append((finished_s, 1 / max(1e-9, finished_s - last_s)))
            last_s = finished_s
            captured_s += 1 / self.camera_fps(captured_s)
            frame_index += 1
        return self

    def fps(self, from_s: float, to_s: float) -> float:
        return sum(1 for at_s, _ in self.rates if from_s < at_s <= to_s) / (to_s - from_s)


def test_sizes_are_of_the_networks_form_and_between_the_bounds():
    for highest in (337, 481, 545, 641, 961, 2049):
        sides = ladder(highest, 321)
        assert sides[0] == 321
        assert sides[-1] == highest
        assert list(sides) == sorted(set(sides))
        assert all(side % 16 == 1 for side in sides)
        assert all(0.75 < a / b < 0.97 for a, b in pairwise(sides))
    assert ladder(545, 321) == (321, 369, 417, 481, 545)


@pytest.mark.parametrize("highest", [97, 257, 321])
def test_an_input_that_is_small_already_keeps_its_size(highest):
    state = largest(highest)
    assert state.sides == (highest,)
    for i in range(200):
        state = observe(state, Timing(i * 0.1, i * 0.1, 3 * i, highest, 95.0), 30.0)
    assert state.long_side == highest


def test_a_fast_machine_stays_at_the_largest_size():
    machine = Machine(lambda _s: 17.0, noise=0.2).run(120)
    assert machine.changes == []


def test_a_slow_machine_gets_its_rate_within_three_seconds_and_keeps_it():
    machine = Machine(lambda _s: 55.0, noise=0.1).run(120)
    assert machine.fps(0, 1) < 20
    assert machine.fps(3, 120) > 28.5
    assert 1 <= len(machine.changes) <= 2
    assert machine.changes[0][0] < 2.5


def test_a_hopelessly_slow_machine_goes_to_the_smallest_size_and_stays():
    machine = Machine(lambda _s: 400.0).run(300)
    assert [side for _, side in machine.changes] == [LOWEST]


def test_a_machine_that_becomes_busy_and_free_again_gets_its_size_back():
    machine = Machine(lambda s: 60.0 if 10 <= s < 40 else 18.0, noise=0.1).run(120)
    down_s, side = machine.changes[0]
    assert 10 < down_s < 12.5
    assert side < HIGHEST
    assert machine.fps(14, 40) > 28
    assert machine.state.long_side == HIGHEST
    back_s = machine.changes[-1][0]
    assert 40 + 3 < back_s < 40 + HOLD_S + 10
    assert len(machine.changes) <= 6


def test_one_hiccup_changes_nothing():
    machine = Machine(lambda s: 900.0 if 20 <= s < 20.01 else 20.0).run(60)
    assert machine.changes == []


@pytest.mark.parametrize("network_ms", [30.0, 33.0, 36.0, 42.0])
@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_near_the_limit_and_in_noise_the_size_does_not_swing(network_ms, noise):
    machine = Machine(lambda _s: network_ms, noise=noise).run(300)
    assert len(machine.changes) <= 2


def test_three_frames_of_thirty_are_no_reason_for_a_smaller_size():
    assert Machine(lambda _s: 37.0).run(60).changes == []
    assert Machine(lambda _s: 41.0).run(60).changes != []


def test_a_load_that_comes_and_goes_is_followed_less_and_less():
    machine = Machine(lambda s: 70.0 if s % 40 < 12 else 18.0).run(1200)
    early = [at_s for at_s, _ in machine.changes if at_s < 300]
    late = [at_s for at_s, _ in machine.changes if at_s >= 900]
    assert len(late) < len(early) / 2


def test_a_load_that_comes_seldom_is_followed_as_if_it_were_the_first():
    machine = Machine(lambda s: 70.0 if s % 120 < 4 else 18.0).run(480)
    back_s = [at_s % 120 for at_s, side in machine.changes if side == HIGHEST]
    assert len(back_s) == 4
    assert max(back_s) < HOLD_S + 25


def test_sizes_larger_than_predicted_are_remembered_as_failed():
    machine = Machine(lambda _s: 45.0 if machine.state.long_side == HIGHEST else 18.0)
    machine.run(900)
    tries = [at_s for at_s, side in machine.changes if side == HIGHEST]
    assert 2 <= len(tries) <= 7
    assert np.diff(tries)[-1] > 8 * HOLD_S


def test_a_camera_in_the_dark_is_not_the_networks_fault():
    machine = Machine(lambda _s: 40.0, camera_fps=lambda s: 12.0 if s > 5 else 20.0).run(60)
    assert machine.changes == []


def test_slow_drawing_is_not_the_networks_fault():
    machine = Machine(lambda _s: 20.0, other_ms=80.0).run(60)
    assert machine.changes == []


def test_a_lower_wish_is_met_with_a_larger_size():
    asked_30 = Machine(lambda _s: 70.0).run(60)
    asked_10 = Machine(lambda _s: 70.0, wished_fps=10.0).run(60)
    assert asked_10.state.long_side == HIGHEST
    assert asked_30.state.long_side < HIGHEST


def test_seeks_pauses_and_loops_are_not_slowness():
    state, finished_s = largest(), 0.0
    for i in range(2000):
        finished_s += 0.04 if i % 40 else 3.0  # a pause now and then
        index = i % 250 + (1000 if 500 <= i < 800 else 0)  # a seek there and back, and loops
        state = observe(state, Timing(finished_s, index / 25, index, HIGHEST, 34.0), 30.0)
    assert state.long_side == HIGHEST


def test_frames_under_way_at_another_size_and_the_first_of_a_size_do_not_count():
    machine = Machine(lambda _s: 55.0).run(2.0)
    smaller = machine.state
    assert smaller.long_side < HIGHEST
    late = observe(smaller, Timing(3.0, 3.0, 90, HIGHEST, 500.0), 30.0)
    assert late == smaller
    entered = observe(SizeState((321, 545), 321), Timing(3.1, 3.1, 93, 321, 500.0), 30.0)
    assert entered.seen == ()
