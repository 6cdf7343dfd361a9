"""People are themselves again wherever a film was seen before."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from engine.config import TrackOptions
from engine.track import TrackState, track
from engine.tracking.overlap import mask_iou
from engine.tracking.sighting import Person, Sighting
from engine.tracking.sightings import MAX_SLOTS, SLOT_S, Sightings
from engine.types import Instances
from tests.engine.people import Box, people

FPS = 30.0
FRAME_HW = (360, 640)
LENGTH = 150
AT_ONCE = TrackOptions(confirm_s=0.0)


def scene(n: int) -> list[Box]:
    """Somebody walks to the right; a second stands still and comes after a second."""
    walking = (20 + 2 * n, 100, 80 + 2 * n, 340)
    standing = (500, 80, 580, 340)
    return [walking, standing] if n >= FPS else [walking]


class Player:
    """Plays stretches of the scene, as a pipeline does."""

    def __init__(self, sightings: Sightings | None = None) -> None:
        self.sightings = sightings or Sightings()
        self._state: TrackState | None = None

    def play(self, frames: Iterable[int], order: int = 1) -> dict[int, dict[Box, int]]:
        """Frame → box → id. order: -1 lists the people the other way round."""
        self.sightings.jump()
        self._state = TrackState.beginning(self.sightings.next_id)
        return {n: self._step(scene(n)[::order], n / FPS) for n in frames}

    def _step(self, boxes: list[Box], time_s: float) -> dict[Box, int]:
        found, state = track(people(boxes), self._state, time_s, AT_ONCE)
        found, self._state = self.sightings.recognise(found, state)
        return dict(zip(boxes, found.track_ids.tolist(), strict=True))


def test_a_second_round_finds_the_people_of_the_first() -> None:
    player = Player()
    first = player.play(range(LENGTH))
    again = player.play(range(LENGTH), order=-1)
    assert again == first
    assert player.sightings.next_id == 3


def test_a_jump_to_a_place_seen_before_finds_the_people_seen_there() -> None:
    player = Player()
    first = player.play(range(LENGTH))
    for n in (140, 31, 90, 89, 88, 0):
        assert player.play([n], order=-1) == {n: first[n]}


def test_who_is_hidden_stays_behind_the_one_in_front_under_the_name_of_before() -> None:
    front = people([(500, 80, 580, 340)])
    sightings = Sightings()
    sightings.remember(track(front, TrackState.beginning(7), 0.0, AT_ONCE)[1])
    sightings.jump()
    now, state = track(front, None, 0.0, AT_ONCE)
    hidden = replace(state.tracks[0], track_id=2, seen_at_s=-1.0, behind=1)
    state = replace(state, tracks=(*state.tracks, hidden), next_id=3)
    now, state = sightings.recognise(now, state)
    assert now.track_ids.tolist() == [7]
    assert [track.behind for track in state.out_of_sight] == [7]


def test_a_place_not_seen_before_gives_identities_that_nobody_had() -> None:
    player = Player()
    seen = player.play(range(60))
    new = player.play(range(100, LENGTH))
    had = {i for ids in seen.values() for i in ids.values()}
    got = {i for ids in new.values() for i in ids.values()}
    assert not had & got


def test_identities_change_back_where_a_later_place_was_seen_first() -> None:
    """As it was shown, so it is shown again: what a user did to people there still holds."""
    player = Player()
    late = player.play(range(100, LENGTH))
    through = player.play(range(LENGTH))
    assert {n: through[n] for n in range(100, LENGTH)} == late
    assert not set(through[50].values()) & set(late[120].values())


def test_somebody_who_comes_into_the_picture_has_the_old_identity_at_once() -> None:
    player = Player()
    first = player.play(range(LENGTH))
    again = Player(player.sightings.copy()).play(range(0, LENGTH, 1))
    newcomer = scene(30)[1]
    assert again[30][newcomer] == first[30][newcomer]


def test_a_copy_goes_its_own_way() -> None:
    player = Player()
    player.play(range(30))
    copy = Player(player.sightings.copy())
    copy.play(range(120, LENGTH))
    assert player.sightings.next_id == 2
    assert copy.sightings.next_id > 2


def test_somebody_else_at_that_place_is_a_new_person() -> None:
    sightings = Sightings()
    left, right = people([(20, 100, 80, 340)]), people([(500, 100, 560, 340)])
    for found in (left, right):
        state = TrackState.beginning(sightings.next_id)
        tracked, after = track(found, state, 1.0, TrackOptions())
        tracked, _ = sightings.recognise(tracked, after)
        sightings.jump()
        if found is left:
            first = tracked.track_ids.tolist()
    assert first != tracked.track_ids.tolist()


def test_somebody_missed_on_one_visit_is_still_known_on_the_next() -> None:
    sightings = Sightings()
    both: list[Box] = [(20, 100, 80, 340), (500, 100, 560, 340)]
    seen = []
    for boxes in (both, both[:1], both):
        state = TrackState.beginning(sightings.next_id)
        tracked, after = track(people(boxes), state, 1.0, TrackOptions())
        tracked, _ = sightings.recognise(tracked, after)
        sightings.jump()
        seen.append(tracked.track_ids.tolist())
    assert seen == [[1, 2], [1], [1, 2]]


def test_people_are_recognised_from_a_moment_nearby_alone() -> None:
    def seen_again(time_s: float) -> list[int]:
        sightings = Sightings()
        for jump_to_s in (0.01, time_s):
            sightings.jump()
            beginning = TrackState.beginning(sightings.next_id)
            found, state = track(people(scene(0)), beginning, jump_to_s, AT_ONCE)
            found, _ = sightings.recognise(found, state)
        return found.track_ids.tolist()

    assert seen_again(0.01 + SLOT_S - 0.02) == [1]
    assert seen_again(0.01 + SLOT_S + 0.02) == [2]


def test_of_two_moments_around_the_nearest_tells_where_somebody_was() -> None:
    def at(frame: int) -> Box:  # so fast that the places of two moments have nothing in common
        return (20 + 15 * frame, 100, 80 + 15 * frame, 340)

    sightings, state = Sightings(), TrackState.beginning()
    for n in range(12):
        found, state = track(people([at(n)]), state, n / FPS, AT_ONCE)
        found, state = sightings.recognise(found, state)
    assert found.track_ids.tolist() == [1]
    for n in (5, 10):
        sightings.jump()
        beginning = TrackState.beginning(sightings.next_id)
        found, _ = sightings.recognise(*track(people([at(n)]), beginning, n / FPS, AT_ONCE))
        assert found.track_ids.tolist() == [1]


def test_places_in_pictures_of_another_size_say_nothing() -> None:
    sightings, ids = Sightings(), []
    for frame_hw in (FRAME_HW, (720, 640)):
        sightings.jump()
        beginning = TrackState.beginning(sightings.next_id)
        found, state = track(people(scene(0), frame_hw), beginning, 0.0, AT_ONCE)
        found, _ = sightings.recognise(found, state)
        ids += found.track_ids.tolist()
    assert ids == [1, 2]


def test_people_without_identities_stay_without() -> None:
    sightings = Sightings()
    off = TrackOptions(enabled=False)
    tracked, state = track(people([(20, 100, 80, 340)]), None, 0.0, off)
    tracked, state = sightings.recognise(tracked, state)
    sightings.jump()
    again, _ = sightings.recognise(*track(people([(20, 100, 80, 340)]), state, 0.0, off))
    assert again.track_ids.tolist() == [-1]


def test_memory_is_bounded() -> None:
    sightings = Sightings()
    nobody = Instances.none((9, 16))
    for n in range(MAX_SLOTS + 50):
        sightings.recognise(nobody, TrackState((), (9, 16), n * SLOT_S, 1))
    assert len(sightings._slots) <= MAX_SLOTS


def test_twenty_people_take_less_than_two_kilobytes_a_slot() -> None:
    """Two hours of them would have taken 500 MB as objects of their own with the whole crops."""

    def watch(slots: range) -> None:
        for n in slots:
            boxes: list[Box] = [
                (60 * i + n % 7, 180 * row + 20, 60 * i + 50 + n % 5, 180 * row + 170)
                for row in range(2)
                for i in range(10)
            ]
            found = people(boxes)
            sightings.recognise(*track(found, None, n * SLOT_S, TrackOptions()))

    sightings = Sightings()
    watch(range(20))
    tracemalloc.start()
    try:
        watch(range(20, 21))  # what is allocated once is there
        before, _ = tracemalloc.get_traced_memory()
        watch(range(21, 121))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 100 < 2000


def test_a_sighting_gives_back_the_people_of_a_frame() -> None:
    found = people([(200, 40, 300, 340), (-20, 100, 60, 400), (1000, 900, 1100, 1000)])
    found, state = track(found, None, 1.0, TrackOptions())
    kept = Sighting.of(3, 1.0, FRAME_HW, [Person.of(t) for t in state.tracks]).people()
    for before, after in zip(state.tracks, kept, strict=True):
        assert after.track_id == before.track_id
        assert np.array_equal(after.box_xyxy, before.box_xyxy)
        assert np.count_nonzero(after.mask()) == before.area
        same = mask_iou((after.mask(), after.mask_yx), (before.mask, before.mask_yx))
        assert same == (1.0 if before.area else 0.0)
