"""Identities that the user put right stay so in all of a film, and as they were once taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from engine.config import Said, TrackOptions
from engine.track import TrackState, track
from engine.tracking.corrections import called
from engine.tracking.sightings import Sightings
from tests.engine.people import Box, people

FPS = 30.0
LEFT: Box = (60, 100, 140, 340)
MIDDLE: Box = (260, 100, 340, 340)
RIGHT: Box = (460, 100, 540, 340)
HIGH_LEFT: Box = (60, 20, 140, 120)
LOW_RIGHT: Box = (460, 220, 540, 320)
AT_ONCE = TrackOptions(confirm_s=0.0, keep_lost_s=0.5)


def both(_frame: int) -> list[Box]:
    return [LEFT, RIGHT]


def comes_back(frame: int) -> list[Box]:
    """Out of sight for longer than the tracker waits."""
    return [] if 30 <= frame < 60 else [LEFT]


def only(*boxes: Box):
    """Nobody moves."""
    return lambda _frame: list(boxes)


def change_sides(frame: int) -> list[Box]:
    """From the place of the one to that of the other and back, past each other."""
    share = min(max(frame - 30, 0), 50) / 50
    across, down = round(400 * min(1.0, 2 * share)), round(200 * max(0.0, 2 * share - 1))
    x, y = HIGH_LEFT[0], HIGH_LEFT[1]
    return [
        (x + across, y + down, x + across + 80, y + down + 100),
        (x + 400 - across, y + 200 - down, x + 480 - across, y + 300 - down),
    ]


class Watching:
    """Plays stretches of a scene, as a pipeline does."""

    def __init__(self, sightings: Sightings | None = None, said: tuple[Said, ...] = ()) -> None:
        self.sightings = sightings or Sightings()
        self.state = TrackState.beginning()
        self.said = said

    def play(self, scene, frames: Iterable[int], goes_on: bool = False) -> list[list[int]]:
        """What those of each frame are called, in the order of its boxes."""
        if not goes_on:
            self.sightings.jump()
            self.state = TrackState.beginning(self.sightings.next_id)
        ids = []
        for n in frames:
            corrections = self.sightings.corrections
            before, doubles = corrections.without_doubles(self.state, self.said)
            found, state = track(people(scene(n)), before, n / FPS, AT_ONCE)
            state = state.with_lost(doubles, before)
            found, self.state = self.sightings.recognise(found, state, self.said)
            made = corrections.made(self.said)
            ids.append(called(found.track_ids.tolist(), n / FPS, made))
        return ids

    def correct(self, wrong: int, right: int | None) -> None:
        self.said = (*self.said, Said(wrong, right))
        self.sightings.corrections.hear(self.said, self.state, self.sightings.visit)
        self.state = replace(self.state, next_id=self.sightings.next_id)

    def undo(self) -> None:
        self.said = self.said[:-1]

    def another(self) -> Watching:
        """Somebody else who comes to the film, with all that was said."""
        return Watching(self.sightings.copy(), self.said)


def test_two_who_were_confused_exchange_their_identities_from_there_on() -> None:
    film = Watching()
    assert film.play(both, range(60)) == [[1, 2]] * 60
    film.correct(1, 2)
    assert film.play(both, range(60, 90), goes_on=True) == [[2, 1]] * 30
    assert film.play(both, range(90)) == [[1, 2]] * 59 + [[2, 1]] * 31


def test_what_was_seen_of_the_rest_of_the_film_is_put_right_too() -> None:
    film = Watching()
    film.play(both, range(90))
    film.play(both, range(31))
    film.correct(1, 2)
    for again in (film.another(), film):
        assert again.play(both, range(90)) == [[1, 2]] * 30 + [[2, 1]] * 60
        assert again.play(both, [80]) == [[2, 1]]


def test_who_came_back_under_another_number_is_the_same_in_all_of_the_film() -> None:
    film = Watching()
    assert film.play(comes_back, range(90))[::60] == [[1], [2]]
    film.correct(2, 1)
    assert film.play(comes_back, range(90, 95), goes_on=True) == [[1]] * 5
    for again in (film.another(), film):
        assert again.play(comes_back, range(95)) == [[1]] * 30 + [[]] * 30 + [[1]] * 35


def test_whoever_was_somebody_elses_is_somebody_new_from_there_on() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(2, None)
    film.play(both, range(60, 90), goes_on=True)
    again = film.play(both, range(90))
    assert again[:54] == [[1, 2]] * 54  # the film is remembered in pieces of 0.2 s
    assert again[59:] == [[1, 3]] * 31
    assert film.sightings.next_id == 4


def test_where_the_tracker_does_not_confuse_them_again_everybody_is_who_was_said() -> None:
    film = Watching()
    assert film.play(only(HIGH_LEFT, LOW_RIGHT), range(120))[-1] == [1, 2]  # they have changed
    film.play(only(HIGH_LEFT, LOW_RIGHT), range(100))
    film.correct(1, 2)
    assert film.another().play(change_sides, range(120)) == [[1, 2]] * 120


def test_those_told_apart_are_so_under_whatever_numbers_they_have_by_then() -> None:
    film = Watching()
    film.play(only(HIGH_LEFT, LOW_RIGHT), range(50))
    film.correct(2, None)
    film.play(only(HIGH_LEFT, LOW_RIGHT), range(50, 100), goes_on=True)
    film.correct(1, 3)
    film.play(only(HIGH_LEFT, LOW_RIGHT), range(100, 120), goes_on=True)
    assert film.another().play(change_sides, range(120)) == [[1, 2]] * 49 + [[1, 3]] * 71


def test_where_they_were_told_apart_before_they_are_so_no_more_after_a_correction() -> None:
    film = Watching()
    assert film.play(change_sides, range(120)) == [[1, 2]] * 120
    film.play(only(HIGH_LEFT, LOW_RIGHT), range(100))
    film.correct(1, 2)
    assert film.play(only(HIGH_LEFT, LOW_RIGHT), range(100, 110), goes_on=True) == [[2, 1]] * 10


def test_one_correction_after_the_other() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(2, None)
    film.play(both, range(60, 90), goes_on=True)
    film.correct(3, 1)
    film.play(both, range(90, 120), goes_on=True)
    film.correct(3, 2)
    film.play(both, range(120, 150), goes_on=True)
    assert film.play(both, [30, 75, 100, 130]) == [[1, 2], [1, 2], [2, 1], [2, 1]]


@pytest.mark.parametrize(("wrong", "right"), [(7, 1), (7, None), (1, 1)])
def test_nothing_changes_where_there_is_nobody_to_put_right(wrong, right) -> None:
    film = Watching()
    film.play(both, range(10))
    film.correct(wrong, right)
    assert film.play(both, range(10, 20), goes_on=True) == [[1, 2]] * 10


def test_who_left_while_the_user_chose_does_not_take_the_place_of_who_is_there() -> None:
    film = Watching()
    film.play(both, range(10))
    assert film.play(only(LEFT), range(10, 15), goes_on=True) == [[1]] * 5
    film.correct(2, 1)
    assert film.play(only(LEFT), range(15, 20), goes_on=True) == [[1]] * 5


def test_an_exchange_taken_back_leaves_nothing_wherever_the_film_was_seen_meanwhile() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(1, 2)
    film.play(both, range(60, 90), goes_on=True)
    film.play(both, range(120))
    film.undo()
    assert film.play(both, range(120, 125), goes_on=True) == [[1, 2]] * 5
    for again in (film.another(), film):
        assert again.play(both, range(125)) == [[1, 2]] * 125


def test_who_is_somebody_else_again_is_so_wherever_the_film_was_seen_meanwhile() -> None:
    film = Watching()
    film.play(comes_back, range(90))
    film.correct(2, 1)
    film.play(comes_back, range(90, 150), goes_on=True)
    film.play(comes_back, range(150))
    film.undo()
    assert film.play(comes_back, range(150, 155), goes_on=True) == [[2]] * 5
    for again in (film.another(), film):
        assert again.play(comes_back, range(155)) == [[1]] * 30 + [[]] * 30 + [[2]] * 95


def test_a_number_given_to_somebody_new_is_not_given_again_once_that_is_taken_back() -> None:
    film = Watching()
    film.play(both, range(60))
    film.correct(2, None)
    assert film.play(both, range(60, 70), goes_on=True) == [[1, 3]] * 10
    film.undo()
    assert film.play(both, range(70, 80), goes_on=True) == [[1, 2]] * 10
    film.correct(1, None)
    assert film.play(both, range(80, 90), goes_on=True) == [[4, 2]] * 10
    assert film.another().play(only(LEFT), [300]) == [[5]]


def test_of_several_corrections_the_last_one_is_taken_back_first() -> None:
    film = Watching()
    film.play(both, range(60))
    seen = []
    for wrong, right in [(2, None), (3, 1), (3, 2)]:
        seen.append(film.play(both, range(30, 60)))
        film.correct(wrong, right)
    while film.said:
        film.undo()
        assert film.play(both, range(30, 60)) == seen.pop()


def test_whoever_comes_is_not_who_is_said_to_be_back() -> None:
    film = Watching()
    film.play(only(LEFT), range(30))
    film.play(only(RIGHT), range(30, 33), goes_on=True)
    film.correct(2, 1)
    assert film.play(both, range(33, 36), goes_on=True) == [[3, 1]] * 3


def test_who_was_said_to_be_back_and_is_not_comes_back_as_himself() -> None:
    film = Watching()
    film.play(only(LEFT), range(30))
    film.play(only(RIGHT), range(30, 33), goes_on=True)
    film.correct(2, 1)
    film.play(only(RIGHT), range(33, 36), goes_on=True)
    film.undo()
    assert film.play(both, range(36, 40), goes_on=True) == [[1, 2]] * 4


def test_whoever_was_here_does_not_take_the_name_of_who_is_followed() -> None:
    film = Watching()
    film.play(only(LEFT), range(30, 60))
    film.play(only(RIGHT), range(30))
    film.correct(2, 1)
    assert film.play(both, range(30, 60), goes_on=True) == [[3, 1]] * 30


def test_two_who_are_seen_together_elsewhere_stay_two_there() -> None:
    film = Watching()
    film.play(both, range(30))
    film.play(only(RIGHT), range(30, 90), goes_on=True)
    film.correct(2, 1)
    assert film.play(only(RIGHT), range(90, 95), goes_on=True) == [[1]] * 5
    assert film.play(both, range(30)) == [[1, 2]] * 30


def test_who_was_seen_last_under_two_numbers_is_the_one_who_comes_back() -> None:
    film = Watching()
    film.play(only(LEFT), range(30))
    film.play(only(RIGHT), range(30, 34), goes_on=True)
    film.correct(2, 1)
    film.play(only(), range(34, 36), goes_on=True)
    assert film.play(both, range(36, 38), goes_on=True) == [[3, 1]] * 2


def test_who_has_just_left_can_be_put_right_while_others_are_there() -> None:
    film = Watching()
    film.play(only(LEFT), range(30))
    film.play(only(RIGHT), range(60, 65), goes_on=True)
    film.play(only(MIDDLE), range(65, 68), goes_on=True)
    film.correct(2, 1)
    assert film.play(only(RIGHT), range(68, 70), goes_on=True) == [[1]] * 2


def test_two_who_are_new_at_once_have_two_numbers() -> None:
    film = Watching()
    film.play(both, range(10))
    film.said = (Said(1, None),)
    film.correct(2, None)
    assert film.play(both, range(10, 12), goes_on=True) == [[3, 4]] * 2


def test_what_another_one_understands_of_it_changes_nothing_here() -> None:
    film = Watching()
    film.play(both, range(10))
    other = film.another()
    other.correct(1, 2)
    film.said = other.said
    film.sightings.corrections.hear(film.said, film.state, film.sightings.visit)
    assert other.play(both, range(10)) == [[1, 2]] * 10  # had seen nobody yet
    assert film.play(both, range(10, 12), goes_on=True) == [[2, 1]] * 2
