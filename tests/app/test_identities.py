"""Saying who somebody is whose identity is wrong: in the menu of that person."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QPoint
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from engine.effects import HIDDEN_BGR
from engine.styles import PersonEffect
from tests.app.gui import STRICT, Film, click, listed_ids, point_of, shown_index, two_people, walk
from tests.fakes import coloured_box_image

pytestmark = STRICT


def others_of(window, track_id):
    """The open menu of a person, and what it offers as who that is."""
    window.menus.open(track_id, window.mapToGlobal(QPoint(100, 100)))
    menu = QApplication.activePopupWidget()
    [entry] = [action for action in menu.actions() if action.text() == "This is…"]
    return menu, {action.text(): action for action in entry.menu().actions() if action.text()}


def say(window, track_id, who):
    menu, others = others_of(window, track_id)
    others[who].trigger()
    menu.close()


def two_in_the_picture(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    return window


def left_behind(open_window, qtbot, scene):
    """Person 1 was seen at the start; only person 2, far from there, is in the picture."""
    far = [coloured_box_image(80)] * 4
    scene.open_source = lambda _r: Film([*walk(2), *far], fps=1)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.player.seek(5.0)
    qtbot.waitUntil(lambda: shown_index(window) == 5 and listed_ids(window) == [2])
    return window


def test_two_who_were_confused_exchange_their_numbers(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    place = point_of(window, 1)
    window.options.rename(2, "Ada & Co.")
    menu, others = others_of(window, 1)
    assert list(others) == ["Ada && Co.", "Somebody new"]
    menu.close()
    say(window, 1, "Ada && Co.")
    qtbot.waitUntil(lambda: point_of(window, 2) == place)
    assert listed_ids(window) == [1, 2]
    assert window.stage.view.selected_id == 2


def test_who_came_back_under_another_number_is_the_same_person(open_window, qtbot, scene):
    window = left_behind(open_window, qtbot, scene)
    say(window, 2, "Person 1")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    window.player.seek(0.0)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    assert listed_ids(window) == [1]


def test_who_was_hidden_under_the_wrong_number_stays_so(open_window, qtbot, scene):
    window = left_behind(open_window, qtbot, scene)
    window.options.set_style(2, effect=PersonEffect.HIDE)
    window.options.set_only(2)
    say(window, 2, "Person 1")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    assert window.options.style_of(1).effect is PersonEffect.HIDE
    assert window.options.only_id == 1


def test_who_was_hidden_under_the_right_number_is_so_again(open_window, qtbot, scene):
    window = left_behind(open_window, qtbot, scene)
    window.options.set_style(1, effect=PersonEffect.BLUR)
    say(window, 2, "Person 1")
    assert window.options.style_of(1).effect is PersonEffect.BLUR


def test_somebody_new_takes_a_number_that_nobody_had(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    window.options.rename(2, "Ada")
    say(window, 2, "Somebody new")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 3])
    assert window.options.name_of(3) == "Person 3"
    assert list(others_of(window, 3)[1]) == ["Person 1", "Ada", "Somebody new"]
    QApplication.activePopupWidget().close()


def test_somebody_new_who_was_hidden_stays_so_and_so_does_whoever_comes(open_window, qtbot, scene):
    """The one who was meant to be hidden has lost the number, and may be the next to come."""
    window = two_in_the_picture(open_window, qtbot, scene)
    window.options.set_style(2, effect=PersonEffect.HIDE)
    window.stage.banner.dismiss()
    say(window, 2, "Somebody new")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 3])
    result = window.stage.view.result
    assert (result.image_bgr[result.instances.mask(1)] == HIDDEN_BGR).all()
    assert window.options.style_of(4).effect is PersonEffect.HIDE
    assert "New people are hidden" in window.stage.banner.text
    [show] = window.stage.banner.buttons
    click(show)
    assert window.options.style_of(4).effect is PersonEffect.OVERLAY
    assert window.options.style_of(3).effect is PersonEffect.HIDE


def test_the_menu_of_the_list_offers_it_too(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    window.panel.people.row_of(2).effect.click()
    menu = QApplication.activePopupWidget()
    assert "This is…" in [action.text() for action in menu.actions()]
    menu.close()


def test_another_source_offers_nobody_of_the_last_one(open_window, qtbot, scene):
    window = two_in_the_picture(open_window, qtbot, scene)
    scene.open_source = lambda _r: Film(walk(2), fps=1)
    window.sources.open_demo()
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    QTest.qWait(0)
    menu, others = others_of(window, 1)
    assert list(others) == ["Somebody new"]
    menu.close()


def test_a_single_photo_has_nothing_to_put_right(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()], pictures=(Path("photo.jpg"),))
    window = open_window("photo.jpg")
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    window.menus.open(1, window.mapToGlobal(QPoint(100, 100)))
    menu = QApplication.activePopupWidget()
    assert "This is…" not in [action.text() for action in menu.actions()]
    menu.close()
