"""What is chosen in the window: what counts now, what is kept, and who is guarded meanwhile."""

from __future__ import annotations

import pytest

from app.held.launch import WindowLaunch
from app.held.options import OptionsModel
from engine.config import Settings
from engine.styles import NewPeople, PersonEffect, PersonStyle

HIDE, BLUR, OVERLAY = PersonEffect.HIDE, PersonEffect.BLUR, PersonEffect.OVERLAY


@pytest.fixture
def options(qapp):
    """Of two people on the screen the first one is hidden."""
    options = OptionsModel()
    options.show_painted([1, 2])
    options.set_style(1, effect=HIDE)
    return options


def effect_of(options: OptionsModel, track_id: int) -> PersonEffect:
    return options.effective.render.style_of(track_id).effect


def test_thresholds_that_were_reset_are_so_at_the_next_start(qapp):
    options = OptionsModel()
    options.update_group(min_score=0.9)
    options.reset_detection()
    assert options.stored.group == options.effective.group == Settings().group


def test_identities_that_are_held_again_conceal_nobody_who_was_shown_meanwhile(options):
    options.set_tracking(False)
    options.set_new_people(NewPeople.AS_EVERYBODY)
    told: list[object] = []
    options.untracked.connect(told.append)
    options.set_tracking(True)
    assert options.new_people is NewPeople.AS_EVERYBODY
    assert told == []


def test_while_it_is_not_known_who_comes_only_those_nobody_knows_are_hidden(options):
    options.guard_newcomers(5)
    assert [effect_of(options, i) for i in (1, 2, 4, 5)] == [HIDE, OVERLAY, OVERLAY, HIDE]


def test_what_is_hidden_for_a_moment_alone_is_not_kept(options):
    options.guard_newcomers(5)
    assert options.stored.render.newcomers.choice is NewPeople.AS_EVERYBODY


def test_what_is_chosen_for_new_people_meanwhile_counts(options):
    options.guard_newcomers(5)
    options.set_new_people(NewPeople.BLUR)
    assert options.end_guard(known=True) is None
    assert effect_of(options, 9) is BLUR
    assert options.stored.render.newcomers.choice is NewPeople.BLUR


def test_what_the_command_line_chose_is_so_again_afterwards_and_not_kept(qapp):
    options = OptionsModel(launch=WindowLaunch(new_people=NewPeople.BLUR))
    options.show_painted([1, 2])
    options.set_style(1, effect=HIDE)
    options.guard_newcomers(5)
    assert options.end_guard(known=True) is None
    assert effect_of(options, 9) is BLUR
    assert options.stored.render.newcomers.choice is NewPeople.AS_EVERYBODY


def test_whoever_is_shown_again_is_as_new_people_were_before(options):
    options.set_new_people(NewPeople.BLUR)
    options.guard_newcomers(5)
    guard = options.end_guard(known=False)
    assert guard is not None
    assert effect_of(options, 5) is HIDE
    options.lift(guard)
    assert effect_of(options, 5) is BLUR


def test_who_was_guarded_from_one_number_on_and_then_from_the_first_is_shown_again(options):
    options.guard_newcomers(3)
    options.forget_people(same_people=True)
    assert effect_of(options, 1) is HIDE
    guard = options.end_guard(known=False)
    assert guard is not None
    options.lift(guard)
    assert effect_of(options, 1) is OVERLAY


def test_a_camera_lost_while_one_person_was_shown_alone_shows_nobody_new(qapp):
    options = OptionsModel()
    options.show_painted([1, 2])
    options.set_only(2)
    options.forget_people(same_people=True)
    assert options.effective.render.style_of(1).effect is HIDE
    guard = options.end_guard(known=False)
    assert guard is not None
    assert guard.effect is HIDE
    options.lift(guard)
    assert options.effective.render.style_of(1).effect is OVERLAY


def test_where_everybody_is_hidden_a_loss_changes_nothing(qapp):
    options = OptionsModel()
    options.update_render(default_style=PersonStyle(HIDE))
    options.guard_newcomers(3)
    assert options.end_guard(known=False) is None
    assert options.new_people is NewPeople.AS_EVERYBODY


@pytest.mark.parametrize(
    ("effect", "before", "then"),
    [
        (PersonEffect.PLAIN, NewPeople.AS_EVERYBODY, NewPeople.AS_EVERYBODY),
        (PersonEffect.BLUR, NewPeople.AS_EVERYBODY, NewPeople.BLUR),
        (PersonEffect.HIDE, NewPeople.BLUR, NewPeople.HIDE),
        (PersonEffect.BLUR, NewPeople.HIDE, NewPeople.HIDE),
    ],
)
def test_whoever_is_somebody_new_is_concealed_no_less_than_before(qapp, effect, before, then):
    options, told = OptionsModel(), []
    options.renumbered.connect(lambda *what: told.append(what))
    options.show_painted([1, 2])
    options.set_style(2, effect=effect)
    options.set_new_people(before)
    options.correct(2, None, False)
    assert options.new_people is then
    assert bool(told) is (then is not before)


def test_a_number_that_was_taken_back_counts_as_new_again(qapp):
    options = OptionsModel()
    options.show_painted([1, 2, 3])  # 3 is the number of somebody new
    options.never_painted(3)
    options.set_style(2, effect=PersonEffect.HIDE)
    options.correct(2, None, False)
    assert options.style_of(3).effect is PersonEffect.HIDE
    assert options.style_of(1).effect is PersonEffect.OVERLAY
