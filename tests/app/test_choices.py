"""Ctrl+Z takes back what was chosen for people and what was said of them, the last thing first."""

from __future__ import annotations

import threading

import pytest
from PyQt6.QtTest import QTest

from app.held.options import OptionsModel
from engine.board import Phase
from engine.styles import PersonEffect
from tests.app.gui import STRICT, Film, listed_ids, phase, point_of, shown_index
from tests.app.test_identities import left_behind, others_of, say, two_in_the_picture
from tests.app.test_retry import LostFilm, retry
from tests.fakes import MemorySink, coloured_box_image

pytestmark = STRICT


def undo(window):
    window.actions_by_name["undo_person"].trigger()  # offscreen no keys come after a menu


def test_a_style_a_correction_and_a_name_are_taken_back_in_reverse(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    left, right = point_of(window, 1), point_of(window, 2)
    window.options.set_style(1, effect=PersonEffect.PLAIN)
    say(window, 1, "Person 2")
    qtbot.waitUntil(lambda: point_of(window, 2) == left)
    window.options.rename(2, "Ada")
    undo(window)
    assert window.options.name_of(2) == "Person 2"
    assert point_of(window, 1) == right
    undo(window)
    qtbot.waitUntil(lambda: point_of(window, 1) == left)
    assert point_of(window, 2) == right
    assert window.options.style_of(1).effect is PersonEffect.PLAIN
    undo(window)
    assert window.options.style_of(1).effect is PersonEffect.OVERLAY
    undo(window)
    assert point_of(window, 1) == left


def test_what_went_with_a_correction_is_taken_back_with_it(open_window, qtbot, scene):
    window = left_behind(open_window, qtbot, scene)
    window.options.set_style(2, effect=PersonEffect.HIDE)
    window.options.set_only(2)
    window.picture.select(2)
    say(window, 2, "Person 1")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    undo(window)
    qtbot.waitUntil(lambda: listed_ids(window) == [2])
    assert window.options.style_of(1).effect is PersonEffect.OVERLAY
    assert window.options.style_of(2).effect is PersonEffect.HIDE
    assert window.options.only_id == 2
    assert window.stage.view.selected_id == 2


def test_a_correction_is_taken_back_from_another_place_of_the_film(open_window, qtbot, scene):
    window = left_behind(open_window, qtbot, scene)
    say(window, 2, "Person 1")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.player.seek(0.0)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    undo(window)
    assert listed_ids(window) == [1]
    window.player.seek(5.0)
    qtbot.waitUntil(lambda: shown_index(window) == 5)
    qtbot.waitUntil(lambda: listed_ids(window) == [2])


def test_somebody_new_was_never_there_once_that_is_taken_back(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    window.picture.select(2)
    say(window, 2, "Somebody new")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 3])
    window.picture.select(3)
    undo(window)
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    assert window.stage.view.selected_id == 2
    menu, others = others_of(window, 1)
    assert list(others) == ["Person 2", "Somebody new"]
    menu.close()


def test_where_nobody_is_selected_by_now_nobody_is_then(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    say(window, 1, "Person 2")
    qtbot.waitUntil(lambda: window.player.meant(window.options.effective.said[0]) == 2)
    window.picture.select(-1)
    undo(window)
    assert window.stage.view.selected_id == -1


def test_what_was_said_of_nobody_who_is_there_takes_no_other_correction_back(
    open_window, qtbot, scene
):
    window = two_in_the_picture(open_window, qtbot, scene)
    left = point_of(window, 1)
    say(window, 1, "Person 2")
    qtbot.waitUntil(lambda: point_of(window, 2) == left)
    window.identities.correct(7, 1)
    undo(window)
    QTest.qWait(50)
    assert point_of(window, 2) == left
    undo(window)
    qtbot.waitUntil(lambda: point_of(window, 1) == left)


def test_no_correction_of_another_source_is_taken_back(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    left = point_of(window, 1)
    say(window, 1, "Person 2")
    qtbot.waitUntil(lambda: point_of(window, 2) == left)
    window.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(window) == 1 and listed_ids(window) == [1, 2])
    assert point_of(window, 1) == left
    undo(window)
    QTest.qWait(50)
    assert point_of(window, 1) == left


def test_a_correction_is_taken_back_while_the_film_is_lost(open_window, qtbot, scene):
    pulled = threading.Event()
    scene.open_source = lambda _r: LostFilm(pulled)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) == 9)
    left = point_of(window, 1)
    say(window, 1, "Person 2")
    pulled.set()
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    undo(window)
    scene.open_source = lambda _r: LostFilm()
    retry(window)
    qtbot.waitUntil(lambda: shown_index(window) > 9)
    assert point_of(window, 1) == left


def test_nobody_is_uncovered_by_it_for_a_frame_while_the_film_plays(open_window, qtbot, scene):
    here, far = coloured_box_image(8), coloured_box_image(80)
    scene.open_source = lambda _r: Film([here] * 20 + [far] * 12_000, fps=200)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [2])
    window.options.set_style(2, effect=PersonEffect.HIDE)
    shown = lambda: window.stage.view.result  # noqa: E731 - always the newest
    qtbot.waitUntil(lambda: shown().render.style_of(2).effect is PersonEffect.HIDE)
    sink = MemorySink()
    window.player.add_sink(sink)
    for _ in range(8):
        say(window, 2, "Person 1")
        qtbot.waitUntil(lambda: listed_ids(window) == [1])
        undo(window)
        qtbot.waitUntil(lambda: listed_ids(window) == [2])
    results = list(sink.results)
    effects = [{r.render.style_of(i).effect for i in r.instances.track_ids} for r in results]
    assert {tuple(r.instances.track_ids) for r in results} == {(1,), (2,)}
    assert all(effect == {PersonEffect.HIDE} for effect in effects)


def test_a_correction_of_another_source_is_forgotten(qapp):
    options = OptionsModel()
    for _ in range(2):
        options.correct(1, 2, is_back=False)
        options.set_style(1, effect=PersonEffect.BLUR)
    options.forget_people()
    for _ in range(4):
        options.undo_person()
        assert options.effective.said == ()
        assert options.effective.render.styles == {}


def test_two_who_were_confused_keep_what_was_chosen_under_their_numbers(qapp):
    options = OptionsModel()
    options.set_style(1, effect=PersonEffect.HIDE)
    options.set_only(1)
    options.correct(1, 2, is_back=False)
    assert options.style_of(2).effect is PersonEffect.OVERLAY
    assert options.only_id == 1


@pytest.mark.parametrize(
    ("wrong", "right", "then"),
    [
        (PersonEffect.HIDE, PersonEffect.BLUR, PersonEffect.HIDE),
        (PersonEffect.BLUR, PersonEffect.OVERLAY, PersonEffect.BLUR),
        (PersonEffect.BLUR, PersonEffect.HIDE, PersonEffect.HIDE),
        (PersonEffect.PLAIN, PersonEffect.BLUR, PersonEffect.BLUR),
        (PersonEffect.PLAIN, PersonEffect.OVERLAY, PersonEffect.OVERLAY),
    ],
)
def test_of_two_numbers_of_one_person_the_stricter_effect_counts(qapp, wrong, right, then):
    options = OptionsModel()
    options.set_style(1, effect=right, colour_bgr=(0, 0, 255))
    options.set_style(2, effect=wrong)
    options.correct(2, 1, is_back=True)
    assert options.style_of(1).effect is then
    assert options.style_of(1).colour_bgr == (0, 0, 255)
    options.undo_person()
    assert options.style_of(1).effect is right
