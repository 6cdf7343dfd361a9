"""Who is shown how: a choice of one's own, the choice for newcomers, the choice for everybody."""

from __future__ import annotations

import pytest

from engine.effects import HIDDEN_BGR
from engine.render import render
from engine.styles import Newcomers, NewPeople, PersonEffect, PersonStyle, RenderOptions
from tests.engine.people import frame_like, people

SHOW, BLUR, HIDE = NewPeople.AS_EVERYBODY, NewPeople.BLUR, NewPeople.HIDE


def effects(options: RenderOptions, *track_ids: int) -> list[str]:
    return [options.style_of(track_id).effect.value for track_id in track_ids]


def test_who_comes_after_the_choice_is_concealed_and_nobody_else() -> None:
    options = RenderOptions(newcomers=Newcomers().then(3, HIDE))
    assert effects(options, 1, 2, 3, 4) == ["overlay", "overlay", "hide", "hide"]


def test_a_choice_for_somebody_wins_over_that_for_newcomers() -> None:
    plain = PersonStyle(PersonEffect.PLAIN)
    options = RenderOptions(newcomers=Newcomers().then(1, HIDE), styles={2: plain})
    assert effects(options, 1, 2) == ["hide", "plain"]


def test_a_later_choice_uncovers_nobody() -> None:
    newcomers = Newcomers().then(2, HIDE).then(4, BLUR).then(6, SHOW)
    options = RenderOptions(newcomers=newcomers)
    assert effects(options, *range(1, 8)) == [
        "overlay", "hide", "hide", "blur", "blur", "overlay", "overlay",
    ]  # fmt: skip
    assert newcomers.choice is SHOW


def test_a_choice_taken_back_before_anybody_came_leaves_no_trace() -> None:
    assert Newcomers().then(3, HIDE).then(3, SHOW) == Newcomers()
    assert Newcomers().then(2, HIDE).then(3, BLUR).then(3, HIDE) == Newcomers().then(2, HIDE)


@pytest.mark.parametrize(
    ("everybody", "choice", "shown"),
    [
        (PersonEffect.HIDE, BLUR, "hide"),
        (PersonEffect.HIDE, SHOW, "hide"),
        (PersonEffect.BLUR, SHOW, "blur"),
        (PersonEffect.BLUR, HIDE, "hide"),
        (PersonEffect.PLAIN, SHOW, "plain"),
        (PersonEffect.PLAIN, BLUR, "blur"),
    ],
)
def test_a_newcomer_is_never_concealed_less_than_everybody(
    everybody: PersonEffect, choice: NewPeople, shown: str
) -> None:
    newcomers = Newcomers().then(1, choice)
    options = RenderOptions(default_style=PersonStyle(everybody), newcomers=newcomers)
    assert effects(options, 1) == [shown]


def test_whoever_is_not_tracked_counts_as_new() -> None:
    hiding = Newcomers().then(5, HIDE)
    assert effects(RenderOptions(newcomers=hiding), -1) == ["hide"]
    assert effects(RenderOptions(newcomers=hiding.then(9, SHOW)), -1) == ["overlay"]


def test_a_hidden_newcomer_is_covered_in_the_picture_like_anybody_hidden() -> None:
    found = people([(20, 20, 120, 300), (300, 20, 400, 300)], track_ids=[1, 2])
    frame = frame_like(found)
    picture = render(frame, found, RenderOptions(newcomers=Newcomers().then(2, HIDE)))
    assert (picture[found.mask(1)] == HIDDEN_BGR).all()
    assert (picture[found.mask(0)] != HIDDEN_BGR).any()
