"""The demo scene: people who move, overlap and cross, for ever, and whom a network finds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.config import GroupOptions, RuntimeOptions, TrackOptions
from engine.errors import ConfigError, SourceNotFound
from engine.gpu import open_predictor
from engine.group import group
from engine.source import open_source
from engine.source.base import Source
from engine.source.demo import DemoSource
from engine.source.demo_portraits import PortraitFile, cut_out
from engine.track import TrackState, track
from engine.types import Instances

SMALL = (180, 320)
PEOPLE = 4


@pytest.fixture(scope="module")
def scene() -> DemoSource:
    return DemoSource(SMALL)


def truth(scene: DemoSource, index: int, hide_below_px: int = 0) -> Instances:
    """Everybody with at least so many pixels in sight, as a perfect network would say."""
    labels = np.zeros(SMALL, np.uint8)
    boxes = []
    real = scene.truth_labels(index)
    for person in range(1, PEOPLE + 1):
        rows, columns = np.nonzero(real == person)
        if len(rows) > hide_below_px:
            labels[rows, columns] = len(boxes) + 1
            boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    count = len(boxes)
    return Instances(
        labels,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.ones(count, np.float32),
        np.full(count, -1, np.int64),
    )


def test_the_word_demo_opens_it_at_full_size() -> None:
    source = open_source("demo")
    assert isinstance(source, DemoSource)
    assert isinstance(source, Source)
    assert source.info.size_hw == (720, 1280)
    assert source.info.duration_s == 10.0
    first = source.read()
    assert first is not None
    assert first.size_hw == (720, 1280)


def test_two_to_four_people_are_in_sight_and_move_overlap_and_cross(scene: DemoSource) -> None:
    order: set[bool] = set()
    for index in range(0, 300, 10):
        labels = scene.truth_labels(index)
        sizes = np.bincount(labels.ravel(), minlength=PEOPLE + 1)[1:]
        assert 2 <= np.count_nonzero(sizes > 0.01 * labels.size) <= 4
        columns = [np.nonzero(labels == person)[1] for person in (1, 2)]
        if all(len(c) for c in columns):
            order.add(bool(columns[0].mean() < columns[1].mean()))
    assert order == {True, False}


def test_what_is_labelled_as_a_person_differs_from_the_empty_room(scene: DemoSource) -> None:
    """The labels belong to the pictures: between two moments the room stays, people go."""
    scene.seek(1.0)
    one = scene.read()
    scene.seek(6.0)
    other = scene.read()
    assert one is not None
    assert other is not None
    moved = np.abs(one.image_bgr.astype(int) - other.image_bgr).max(axis=2) > 60
    people = (scene.truth_labels(one.index) > 0) | (scene.truth_labels(other.index) > 0)
    assert moved.sum() > 0.1 * moved.size
    assert np.mean(people[moved]) > 0.97


def test_identities_survive_the_crossings(scene: DemoSource) -> None:
    """Perfect masks; people count as out of sight when less than a fifth of them is."""
    state: TrackState | None = None
    seen: set[int] = set()
    for index in range(300):
        found = truth(scene, index, hide_below_px=600)
        tracked, state = track(found, state, index / 30, TrackOptions(keep_lost_s=4.0))
        seen.update(tracked.track_ids.tolist())
    assert len(seen) <= PEOPLE + 1


def test_the_loop_has_no_seam_and_no_end() -> None:
    endless = DemoSource(SMALL, loop=True)
    assert endless.info.frame_count is None
    first = endless.read()
    endless.seek(10.0)
    later = endless.read()
    assert first is not None
    assert later is not None
    assert later.index == 300
    assert np.array_equal(first.image_bgr, later.image_bgr)


def test_a_frame_is_the_same_however_it_is_reached() -> None:
    source = DemoSource(SMALL, fps=29.97, frame_count=40)
    straight = [source.read() for _ in range(40)]
    assert source.read() is None
    for index in (0, 13, 39):
        frame = straight[index]
        assert frame is not None
        source.seek(frame.time_s)
        again = source.read()
        assert again is not None
        assert again.index == index
        assert np.array_equal(again.image_bgr, frame.image_bgr)
    for time_s, index in ((-5.0, 0), (1e9, 39)):
        source.seek(time_s)
        found = source.read()
        assert found is not None
        assert found.index == index


def test_closed_it_gives_nothing_more() -> None:
    source = DemoSource(SMALL)
    source.close()
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("size_hw", [(96, 64), (64, 200), (480, 640)])
def test_any_size_is_drawn(size_hw: tuple[int, int]) -> None:
    frame = DemoSource(size_hw, frame_count=1).read()
    assert frame is not None
    assert frame.size_hw == size_hw


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigError):
        DemoSource((10, 10))
    with pytest.raises(ConfigError):
        DemoSource(SMALL, fps=0)


def test_a_missing_portrait_says_which_package_to_install_again() -> None:
    missing = PortraitFile("numpy", "nobody.png", ((0, 0),), ((0, 0),), 1)
    with pytest.raises(SourceNotFound, match=r"nobody\.png of numpy.*reinstall numpy"):
        cut_out(missing)


def test_the_shipped_model_finds_the_people_in_front_and_keeps_their_ids() -> None:
    """Only what a user would miss: the two in front, always, each under one identity."""
    scene = DemoSource()
    predictor = open_predictor(RuntimeOptions(threads=1))
    state: TrackState | None = None
    front: dict[int, set[int]] = {3: set(), 4: set()}
    try:
        for index in range(0, 60, 6):
            scene.seek(index / 30)
            frame = scene.read()
            assert frame is not None
            found = group(predictor.predict(frame), GroupOptions())
            tracked, state = track(found, state, frame.time_s, TrackOptions())
            real = scene.truth_labels(index)
            assert 2 <= len(tracked) <= 6
            for person, ids in front.items():
                ious = [overlap(mask, real == person) for mask in tracked.masks()]
                assert max(ious) > 0.6
                ids.add(int(tracked.track_ids[int(np.argmax(ious))]))
    finally:
        predictor.close()
    assert [len(ids) for ids in front.values()] == [1, 1]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))
