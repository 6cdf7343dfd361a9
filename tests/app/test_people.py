"""The people in view: listed in step with the picture, selected, changed one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from app.held.options import OptionsModel
from app.shown.person_menu import make_person_menu
from engine.styles import PersonEffect, PersonStyle
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    click,
    listed_ids,
    point_of,
    shown_index,
    shown_text,
    two_people,
    walk,
)  # fmt: skip
from tests.fakes import HangingSource

pytestmark = STRICT


def test_the_list_shows_the_people_of_the_painted_picture(open_window, qtbot, scene):
    empty = np.zeros_like(two_people())
    scene.open_source = lambda _r: Film([two_people()] * 3 + [empty] * 3 + walk(2), fps=10)
    window = open_window("film.mp4")
    painted = []
    window.stage.view.painted.connect(painted.append)
    window.playing.pause()
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    for index in range(1, 8):  # who comes is counted in the second picture
        window.player.step(1)
        qtbot.waitUntil(lambda i=index: bool(painted) and painted[-1].frame.index == i)
        expected = sorted(painted[-1].instances.track_ids.tolist())
        qtbot.waitUntil(lambda e=expected: listed_ids(window) == e)
    assert len(listed_ids(window)) == 1
    assert window.panel.people.rows[0].score.text().endswith("%")


def test_a_click_selects_the_person_and_keys_change_the_effect(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    track_id = listed_ids(window)[1]
    click(window.stage.view, point_of(window, track_id))
    assert window.stage.view.selected_id == track_id
    assert window.panel.people.rows[1].property("selected") is True
    QTest.keyClick(window, Qt.Key.Key_4)
    assert window.options.style_of(track_id).effect is PersonEffect.HIDE
    assert window.options.effective.render.styles[track_id].effect is PersonEffect.HIDE
    for _message_then_selection in range(2):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.stage.view.selected_id == -1


def test_a_click_beside_people_selects_nobody(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    window.picture.select(listed_ids(window)[0])
    click(window.stage.view, QPoint(2, 2))
    assert window.stage.view.selected_id == -1


def test_the_menu_of_a_person_recolours_and_shows_it_alone(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    first, second = listed_ids(window)
    window.stage.view.menu_wanted.emit(second, QPoint(10, 10))
    menu = QApplication.activePopupWidget()
    texts = {action.text(): action for action in menu.actions()}
    assert {"Overlay", "Plain", "Blur", "Hide", "Colour", "Only this person"} <= set(texts)
    colours = {action.text(): action for action in texts["Colour"].menu().actions()}
    colours["Red"].trigger()
    texts["Only this person"].trigger()
    menu.close()
    render = window.options.effective.render
    assert render.default_style.effect is PersonEffect.HIDE
    assert render.styles[second].colour_bgr == (70, 70, 240)
    assert first not in render.styles
    QTest.keyClick(window, Qt.Key.Key_O)
    assert window.options.only_id is None


def test_another_source_forgets_the_people_of_the_last(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    window.options.set_style(1, effect=PersonEffect.HIDE)
    window.options.set_only(1)
    window.sources.open_path(Path("other.mp4"))
    assert listed_ids(window) == []
    assert window.options.effective.render.styles == {}
    qtbot.waitUntil(lambda: shown_index(window) >= 0)


def test_a_picture_painted_just_before_another_source_is_opened_lists_nobody(
    open_window, qtbot, scene
):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    slow = HangingSource(walk(2))
    scene.open_source = lambda _request: slow
    window.stage.view.painted.emit(window.stage.view.result)  # heard when there is time
    window.sources.open_demo()
    qtbot.waitUntil(slow.reading.is_set)
    assert listed_ids(window) == []
    slow.let_go.set()


def test_the_entry_of_the_colours_looks_like_a_menu_of_its_own(open_window, qtbot):
    window = open_window()
    menu = make_person_menu(window.options, 1, window, lambda: None)
    menu.popup(QPoint(0, 0))
    qtbot.waitUntil(menu.isVisible)
    [entry] = [action for action in menu.actions() if action.menu() is not None]
    place = menu.actionGeometry(entry)
    end = menu.grab().toImage().copy(place.adjusted(place.width() - 24, 4, -4, -4))
    shades = {end.pixel(x, y) for x in range(end.width()) for y in range(end.height())}
    assert len(shades) > 1, "nothing shows that it opens a menu"
    menu.close()


def test_a_row_that_the_pointer_leaves_for_a_menu_is_painted_anew(open_window, qtbot):
    """Its labels are as soon as they change, and would stand out of what is left."""
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1])
    [row] = window.panel.people.rows
    painted = []

    class Watch(QObject):
        def eventFilter(self, watched, event):  # noqa: N802 - Qt's name
            if event.type() is QEvent.Type.Paint:
                painted.append(watched)
            return False

    watch = Watch()
    QApplication.processEvents()
    row.installEventFilter(watch)
    QApplication.sendEvent(row, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: row in painted)
    row.removeEventFilter(watch)


def test_whoever_has_only_a_colour_of_their_own_is_still_blurred_with_everybody(qapp):
    options = OptionsModel()
    options.set_style(1, colour_bgr=(0, 0, 255))
    options.set_style(2, effect=PersonEffect.HIDE)
    options.set_style(2, effect=PersonEffect.OVERLAY)  # as everybody is
    options.set_style(3, effect=PersonEffect.PLAIN)
    options.update_render(default_style=PersonStyle(PersonEffect.BLUR))
    styles = options.effective.render.styles
    assert styles[1] == PersonStyle(PersonEffect.BLUR, (0, 0, 255))
    assert options.style_of(2).effect is PersonEffect.BLUR
    assert styles[3].effect is PersonEffect.PLAIN


def test_changes_to_people_are_taken_back_one_by_one(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    options = window.options
    options.set_style(1, effect=PersonEffect.BLUR)
    options.set_style(1, effect=PersonEffect.BLUR)  # changes nothing
    options.set_style(1, colour_bgr=(0, 0, 255))
    options.set_only(1)

    def undo() -> None:
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    undo()
    assert options.only_id is None
    undo()
    assert options.style_of(1) == PersonStyle(PersonEffect.BLUR)
    undo()
    assert options.style_of(1) == PersonStyle()
    undo()
    assert options.style_of(1) == PersonStyle()


def test_nothing_is_taken_back_of_another_source(qapp):
    options = OptionsModel()
    options.set_style(1, effect=PersonEffect.BLUR)
    options.forget_people()
    options.undo_person()
    assert options.effective.render.styles == {}


@pytest.mark.parametrize("live", [False, True])
def test_a_right_click_beside_people_opens_the_menu_of_the_picture(open_window, qtbot, scene, live):
    scene.open_source = lambda _r: LiveCamera() if live else Film(walk(60))
    window = open_window(0 if live else "film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    view = window.stage.view
    reason, corner = QContextMenuEvent.Reason.Mouse, QPoint(2, 2)
    QApplication.sendEvent(view, QContextMenuEvent(reason, corner, view.mapToGlobal(corner)))
    menu = QApplication.activePopupWidget()
    texts = {action.text(): action for action in menu.actions()}
    assert {"Play or pause", "Screenshot", "Full screen"} <= set(texts)
    assert ("Export the file" in texts) is not live
    menu.close()
    texts["Full screen"].trigger()
    assert window.isFullScreen()


def test_the_menu_key_opens_the_menu_of_who_is_selected_at_their_place(open_window, qtbot, scene):
    """Else that of the picture, also where somebody stands in its middle."""
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    view, reason = window.stage.view, QContextMenuEvent.Reason.Keyboard
    middle, wanted = view.rect().center(), []
    view.menu_wanted.connect(lambda track_id, where: wanted.append((track_id, where)))
    second = listed_ids(window)[1]
    for selected in (second, -1):
        window.picture.select(selected)
        QApplication.sendEvent(view, QContextMenuEvent(reason, middle, view.mapToGlobal(middle)))
        QApplication.activePopupWidget().close()
    assert [track_id for track_id, _ in wanted] == [second, -1]
    assert view.person_at(view.mapFromGlobal(QPointF(wanted[0][1]))) == second


def test_the_menu_of_a_person_says_whose_it_is(open_window, qtbot, scene):
    """In the list another one may come under the pointer just before the click."""
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.options.rename(2, "Ada & <b>Co.</b>")
    window.panel.people.row_of(2).effect.click()
    menu = QApplication.activePopupWidget()
    assert "Ada & <b>Co.</b>" in shown_text(menu)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction().text() == "Overlay"
    menu.close()


def test_the_strength_of_blur_shows_while_anybody_is_blurred(open_window):
    window = open_window()
    slider = window.panel.look.blur
    assert not slider.isVisible()
    window.options.set_style(1, effect=PersonEffect.BLUR)
    assert slider.isVisible()
    window.options.undo_person()
    assert not slider.isVisible()
