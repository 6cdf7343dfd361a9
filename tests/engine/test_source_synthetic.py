"""The made-up scene: the same every time, with a truth that fits its pictures."""

from __future__ import annotations

import numpy as np
import pytest

from engine.source.synthetic import SyntheticSource
from tests.fake_devices import FakeClock


def test_the_truth_covers_exactly_the_people() -> None:
    source = SyntheticSource(people=3)
    for index in (0, 40, 149):
        image, labels = source.image(index), source.labels(index)
        background = image[0, 0]
        np.testing.assert_array_equal((image != background).any(axis=2), labels > 0)
        assert set(np.unique(labels)) == {0, 1, 2, 3}
        for person in (1, 2, 3):
            assert len(np.unique(image[labels == person], axis=0)) == 1


def test_two_scenes_are_the_same_and_people_move() -> None:
    first, second = SyntheticSource(), SyntheticSource()
    np.testing.assert_array_equal(first.labels(7), second.labels(7))
    assert (first.labels(0) != first.labels(30)).any()


def test_nobody_is_an_empty_scene() -> None:
    assert not SyntheticSource(people=0).labels(3).any()


def test_a_live_scene_keeps_time_and_loses_what_is_not_read() -> None:
    clock = FakeClock()
    source = SyntheticSource(fps=10, live=True, clock=clock, wait=clock.wait)
    opened_at_s = clock.now_s
    first, second = source.read(), source.read()
    assert first is not None
    assert second is not None
    assert (first.index, second.index) == (0, 1)
    assert clock.now_s - opened_at_s == pytest.approx(0.1)
    clock.wait(1.0)
    late = source.read()
    assert late is not None
    assert late.index == 11
    assert late.time_s == pytest.approx(1.1)


def test_an_endless_scene_has_no_count_and_can_be_searched() -> None:
    source = SyntheticSource((36, 64), frame_count=None)
    assert source.info.frame_count is None
    source.seek(1000.0)
    frame = source.read()
    assert frame is not None
    assert frame.index == 30_000
