"""Identities from frame to frame: kept, given up, never given twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import TrackOptions
from engine.track import TrackState, track
from engine.types import Instances
from tests.engine.people import Box, people

FPS = 30.0
DEFAULT = TrackOptions()


def walker(x: float, width: int = 60, top: int = 100, bottom: int = 340) -> Box:
    return (round(x), top, round(x) + width, bottom)


def follow(
    frames: Iterable[Instances], fps: float = FPS, options: TrackOptions = DEFAULT
) -> list[list[int]]:
    """The ids of every frame in a row."""
    state: TrackState | None = None
    ids = []
    for n, found in enumerate(frames):
        tracked, state = track(found, state, n / fps, options)
        ids.append(tracked.track_ids.tolist())
    return ids


def test_ids_start_at_one_and_show_in_the_first_frame() -> None:
    assert follow([people([walker(50), walker(300)])]) == [[1, 2]]


def test_an_id_stays_with_its_person_whatever_the_order_of_the_list() -> None:
    frames = [
        people([walker(50 + n), walker(300 - n)][:: 1 if n % 2 else -1]) for n in range(1, 40)
    ]
    left = {ids[0 if n % 2 else 1] for n, ids in enumerate(follow(frames), start=1)}
    assert len(left) == 1


@pytest.mark.parametrize("fps", [30.0, 10.0, 4.0])
def test_people_keep_their_ids_through_a_crossing(fps: float) -> None:
    """One walks behind the other, is out of sight for a while and comes out again."""
    frames = []
    seconds = 4.0
    for n in range(int(seconds * fps)):
        share = n / (seconds * fps)
        behind, front = walker(20 + 500 * share), walker(500 - 480 * share, width=90, top=60)
        both = people([behind, front])
        hidden = np.count_nonzero(both.labels == 1) < 800
        frames.append(people([front]) if hidden else both)
    ids = follow(frames, fps)
    assert {i for frame in ids for i in frame} == {1, 2}
    together = [frame for frame in ids if len(frame) == 2]
    assert set(map(tuple, together)) == {tuple(together[0])}
    assert len(together) < len(ids)


def test_one_missed_frame_changes_nothing() -> None:
    frames = [people([walker(50 + 4 * n)] if n != 5 else []) for n in range(10)]
    assert {i for frame in follow(frames) for i in frame} == {1}


def test_an_identity_waits_keep_lost_s_and_no_longer() -> None:
    def after(pause_s: float) -> list[int]:
        state = None
        for n in range(10):
            _, state = track(people([walker(50)]), state, n / FPS, DEFAULT)
        back, _ = track(people([walker(50)]), state, 9 / FPS + pause_s, DEFAULT)
        return back.track_ids.tolist()

    assert after(DEFAULT.keep_lost_s - 0.1) == [1]
    assert after(DEFAULT.keep_lost_s + 0.1) == [2]


def test_without_waiting_ids_still_hold_from_frame_to_frame() -> None:
    frames = [people([walker(50 + 4 * n)] if n != 5 else []) for n in range(10)]
    ids = follow(frames, options=TrackOptions(keep_lost_s=0.0))
    assert ids == [[1]] * 5 + [[]] * 3 + [[2]] * 2


def test_a_false_alarm_does_not_lend_its_identity_to_somebody_later() -> None:
    frames = [people([walker(50)] if n == 0 or n > 20 else []) for n in range(25)]
    assert follow(frames)[-1] == [2]


def test_slow_sources_keep_ids_from_frame_to_frame() -> None:
    ids = follow([people([walker(50 + 10 * n)]) for n in range(5)], fps=1.0)
    assert ids == [[1]] * 5


def test_going_back_in_time_starts_new_identities_and_reuses_none() -> None:
    _, state = track(people([walker(50)]), None, 5.0, DEFAULT)
    again, state = track(people([walker(50)]), state, 1.0, DEFAULT)
    assert again.track_ids.tolist() == [2]
    assert state.next_id == 3


def test_another_frame_size_starts_new_identities() -> None:
    _, state = track(people([walker(50)]), None, 0.0, DEFAULT)
    other, _ = track(people([walker(50)], frame_hw=(720, 1280)), state, 0.1, DEFAULT)
    assert other.track_ids.tolist() == [2]


def test_the_same_time_twice_keeps_ids_and_motion() -> None:
    state = None
    for n in range(8):
        _, state = track(people([walker(50 + 6 * n)]), state, n / FPS, DEFAULT)
    assert state is not None
    again, paused = track(people([walker(92)]), state, 7 / FPS, DEFAULT)
    assert again.track_ids.tolist() == [1]
    assert np.array_equal(paused.tracks[0].velocity_xy, state.tracks[0].velocity_xy)


def test_switched_off_all_ids_are_minus_one_and_count_on_afterwards() -> None:
    _, state = track(people([walker(50)]), None, 0.0, DEFAULT)
    off, state = track(people([walker(50)]), state, 0.1, TrackOptions(enabled=False))
    on, _ = track(people([walker(50)]), state, 0.2, DEFAULT)
    assert off.track_ids.tolist() == [-1]
    assert on.track_ids.tolist() == [2]


def split_in_two(pieces: bool) -> Instances:
    """One person, or the same pixels in two pieces."""
    return people(
        [(100, 100, 220, 250), (100, 250, 220, 340)] if pieces else [(100, 100, 220, 340)]
    )


@pytest.mark.parametrize("apart", [(10, 11), (10, 11, 15, 16, 20)])
def test_a_person_who_falls_apart_for_two_frames_stays_one(apart: tuple[int, ...]) -> None:
    state = None
    for n in range(22):
        found = split_in_two(pieces=n in apart)
        tracked, state = track(found, state, n / FPS, DEFAULT)
        assert tracked.track_ids.tolist() == [1]
        assert np.array_equal(tracked.labels > 0, found.labels > 0)


def test_a_piece_that_lasts_becomes_a_person() -> None:
    ids = follow([split_in_two(pieces=n >= 10) for n in range(20)])
    assert ids[9] == ids[11] == [1]
    assert ids[-1] == [1, 2]


def test_at_a_low_frame_rate_a_piece_need_not_last_for_more_frames() -> None:
    ids = follow([split_in_two(pieces=n >= 10) for n in range(14)], fps=5.0)
    assert ids[9:] == [[1]] * 3 + [[1, 2]] * 2


def scored(boxes: list[Box], scores: list[float]) -> Instances:
    return replace(people(boxes), scores=np.array(scores, np.float32))


def follow_scored(frames: Iterable[Instances]) -> list[Instances]:
    """As tracked where 0.2 is the least confidence shown."""
    state: TrackState | None = None
    tracked = []
    for n, found in enumerate(frames):
        kept, state = track(found, state, n / FPS, DEFAULT, min_score=0.2)
        tracked.append(kept)
    return tracked


def test_who_is_tracked_stays_while_the_score_dips() -> None:
    dips = [0.1 if n in (8, 9, 14) else 0.5 for n in range(20)]
    tracked = follow_scored(scored([walker(50 + 4 * n)], [s]) for n, s in enumerate(dips))
    assert [found.track_ids.tolist() for found in tracked] == [[1]] * 20
    assert [float(found.scores[0]) for found in tracked] == pytest.approx(dips)


def test_a_newcomer_must_reach_the_least_confidence() -> None:
    scores = [0.1] * 10 + [0.5] * 5
    tracked = follow_scored(scored([walker(300), walker(50)], [s, 0.9]) for s in scores)
    for found in tracked[:12]:
        assert found.track_ids.tolist() == [1]
        assert np.array_equal(found.labels, people([walker(50)]).labels)
        assert found.boxes_xyxy.tolist() == [list(walker(50))]
    assert [found.track_ids.tolist() for found in tracked[12:]] == [[2, 1]] * 3


def test_who_was_seen_in_one_frame_alone_is_not_kept() -> None:
    tracked = follow_scored(scored([walker(50)], [s]) for s in (0.5, 0.1, 0.1))
    assert [len(found) for found in tracked] == [1, 0, 0]


def test_who_was_out_of_sight_must_be_sure_to_come_back() -> None:
    nobody = people([])
    frames = [scored([walker(50)], [0.5])] * 8 + [nobody] * 10 + [scored([walker(50)], [0.1])] * 3
    tracked = follow_scored([*frames, scored([walker(50)], [0.5])])
    assert [len(found) for found in tracked[18:]] == [0, 0, 0, 1]
    assert tracked[-1].track_ids.tolist() == [1]


def test_the_surer_of_two_goes_on_as_the_person() -> None:
    alone = [scored([walker(50)], [0.5])] * 8
    both = scored([walker(50), walker(70)], [0.1, 0.5])
    (last,) = follow_scored([*alone, both])[-1:]
    assert last.track_ids.tolist() == [1]
    assert last.boxes_xyxy.tolist() == [list(walker(70))]


def test_nobody_and_somebody_after_nobody() -> None:
    frames = [people([]), people([]), people([walker(50)])]
    assert follow(frames, options=TrackOptions(confirm_s=0.0)) == [[], [], [1]]


def test_the_state_passed_in_is_not_changed() -> None:
    _, state = track(people([walker(50)]), None, 0.0, DEFAULT)
    box = state.tracks[0].box_xyxy.copy()
    track(people([walker(80)]), state, 0.1, DEFAULT)
    again, _ = track(people([walker(80)]), state, 0.1, DEFAULT)
    assert np.array_equal(state.tracks[0].box_xyxy, box)
    assert again.track_ids.tolist() == [1]


boxes = st.tuples(
    st.integers(-30, 150), st.integers(-30, 80), st.integers(1, 120), st.integers(1, 90)
).map(lambda b: (max(b[0], 0), max(b[1], 0), max(b[0], 0) + b[2], max(b[1], 0) + b[3]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(boxes, max_size=6), min_size=1, max_size=8))
def test_ids_are_unique_in_a_frame_and_new_ones_only_grow(scene: list[list[Box]]) -> None:
    seen: set[int] = set()
    state: TrackState | None = None
    for n, found in enumerate(scene):
        tracked, state = track(people(found, (96, 160)), state, n / FPS, DEFAULT)
        ids = tracked.track_ids.tolist()
        assert len(ids) == len(set(ids)) == len(tracked)
        assert len(tracked) <= len(found)
        assert tracked.labels.max(initial=0) <= len(tracked)
        fresh = set(ids) - seen
        assert min(fresh, default=1) > max(seen, default=0) or not fresh
        seen |= set(ids)
