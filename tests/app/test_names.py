"""Names of people: typed in the list, shown everywhere, kept with the identity."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from app.basics.typesetting import set_line
from app.held.backend import SourceRequest
from app.held.options import OptionsModel
from engine.styles import PersonEffect
from tests.app.gui import (
    STRICT,
    Film,
    LiveCamera,
    click,
    listed_ids,
    only_file,
    point_of,
    shown_index,
    two_people,
    walk,
)  # fmt: skip

pytestmark = STRICT

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def pair(open_window, qtbot, scene):
    """A window on a film of two people, paused, nobody selected."""
    empty = np.zeros_like(two_people())
    scene.open_source = lambda _r: Film([two_people()] * 3 + [empty] * 20, fps=10)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    return window


def names(window):
    return [row.name.text() for row in window.panel.people.rows]


def type_name(window, text):
    """Into the line that is open, and done."""
    line = QApplication.focusWidget()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_a_menu_names_whom_it_was_opened_for_though_the_list_has_changed_meanwhile(pair, qtbot):
    (row, other), (first, second) = pair.panel.people.rows, listed_ids(pair)
    at = row.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, row.mapToGlobal(at))
    QApplication.sendEvent(row, event)
    menu = QApplication.activePopupWidget()
    row.show_person(second, 90, selected=False)
    other.show_person(first, 90, selected=False)
    [rename] = [action for action in menu.actions() if action.text() == "Rename…"]
    rename.trigger()
    assert row.name.line is None
    assert other.name.line is not None
    menu.close()


def test_a_double_click_names_a_person_everywhere(pair, qtbot):
    first, second = pair.panel.people.rows
    before = pair.stage.view.result.image_bgr
    number = first.name.text()
    QTest.mouseDClick(first, Qt.MouseButton.LeftButton, pos=first.name.geometry().center())
    line = QApplication.focusWidget()
    assert (line.text(), line.placeholderText()) == ("", number)
    QTest.keyClicks(line, "  Anna S, 2.")
    assert pair.options.effective.render.names == {}  # no key was a command of the window
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert names(pair) == ["Anna S, 2.", second.name.text()]
    assert pair.options.effective.render.names == {first.track_id: "Anna S, 2."}
    qtbot.waitUntil(lambda: pair.stage.view.result.image_bgr is not before)
    assert not np.array_equal(pair.stage.view.result.image_bgr, before)
    QTest.mouseMove(pair.stage.view, point_of(pair, first.track_id))
    qtbot.waitUntil(lambda: "Anna S, 2." in pair.stage.view.toolTip())
    QTest.mouseMove(pair.stage.view, QPoint(1, 1))
    qtbot.waitUntil(lambda: pair.stage.view.toolTip() == "")


def test_f2_names_the_selected_person_and_keys_go_back_to_the_film(pair):
    pair.stage.view.setFocus()
    QTest.keyClick(pair, Qt.Key.Key_F2)  # nobody is selected
    assert QApplication.focusWidget() is pair.stage.view
    pair.panel.people.set_open(False)
    pair.chrome.toggle_panel()
    pair.picture.select(listed_ids(pair)[1])
    QTest.keyClick(pair, Qt.Key.Key_F2)
    type_name(pair, "Bo")
    assert names(pair)[1] == "Bo"
    assert pair.panel.people.rows[1].isVisible()
    assert QApplication.focusWidget() is pair.stage.view


def test_the_menus_offer_it(pair):
    row = pair.panel.people.rows[0]
    click(row.effect)
    menu = QApplication.activePopupWidget()
    [entry] = [action for action in menu.actions() if action.text() == "Rename…"]
    menu.close()
    entry.trigger()
    type_name(pair, "Cy")
    pair.stage.view.menu_wanted.emit(row.track_id, QPoint(10, 10))
    menu = QApplication.activePopupWidget()
    [entry] = [action for action in menu.actions() if action.text() == "Rename…"]
    menu.close()
    entry.trigger()
    assert QApplication.focusWidget().selectedText() == "Cy"
    type_name(pair, "Dee")
    assert names(pair)[0] == "Dee"


def test_escape_leaves_the_name_as_it_was_and_empty_brings_the_number_back(pair):
    row = pair.panel.people.rows[0]
    number = row.name.text()
    pair.options.rename(row.track_id, "Anna")
    pair.picture.select(row.track_id)
    row.name.edit()
    QTest.keyClicks(QApplication.focusWidget(), "Zed")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert row.name.text() == "Anna"
    assert pair.stage.view.selected_id == row.track_id  # the window heard nothing of it
    row.name.edit()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert row.name.text() == number
    QTest.keyClick(pair, Qt.Key.Key_Z, CTRL)
    assert row.name.text() == "Anna"
    QTest.keyClick(pair, Qt.Key.Key_Z, CTRL)
    assert row.name.text() == number


def test_a_click_on_the_picture_keeps_what_was_typed(pair):
    row = pair.panel.people.rows[0]
    row.name.edit()
    QTest.keyClicks(QApplication.focusWidget(), "Anna")
    click(pair.stage.view, QPoint(2, 2))
    assert row.name.text() == "Anna"


def test_who_is_being_named_stays_in_the_list_though_gone_from_the_picture(pair, qtbot):
    second = pair.panel.people.rows[1]
    track_id = second.track_id
    second.name.edit()
    QTest.keyClicks(second.name.line, "Bo")
    pair.player.step(3)
    qtbot.waitUntil(lambda: shown_index(pair) == 3)
    qtbot.waitUntil(lambda: pair.panel.people.head.text() == "People")
    assert pair.panel.people.row_of(track_id) is second
    assert second.name.line.text() == "Bo"
    QTest.keyClick(second.name.line, Qt.Key.Key_Return)
    assert listed_ids(pair) == []
    pair.player.seek(0.0)
    qtbot.waitUntil(lambda: len(listed_ids(pair)) == 2)
    assert names(pair)[listed_ids(pair).index(track_id)] == "Bo"


def test_another_source_ends_the_typing_and_forgets_the_names(pair, qtbot, scene):
    row = pair.panel.people.rows[0]
    pair.options.rename(row.track_id, "Anna")
    row.name.edit()
    QTest.keyClicks(row.name.line, "Zed")
    scene.open_source = lambda _r: LiveCamera()
    pair.sources.open(SourceRequest(0))
    assert row.name.line is None
    qtbot.waitUntil(lambda: len(listed_ids(pair)) == 1)
    assert names(pair) == [f"Person {listed_ids(pair)[0]}"]
    assert pair.options.effective.render.names == {}


def test_closing_the_window_while_a_name_is_typed_leaves_nothing_running(pair):
    row = pair.panel.people.rows[0]
    row.name.edit()
    QTest.keyClicks(row.name.line, "Zed")  # the guards of `open_window` look for what is left


def test_a_long_name_is_cut_in_the_list_and_told_in_full(pair):
    row = pair.panel.people.rows[0]
    pair.options.rename(row.track_id, "<b>" + 12 * "Anna ")
    shown = row.name.findChildren(type(row.score))[0]
    assert shown.text().endswith("…")
    assert shown.sizeHint().width() <= row.name.width()
    assert "&lt;b&gt;Anna Anna" in shown.toolTip()
    assert row.only.geometry().right() < row.width()


def test_an_export_has_the_names_also_of_those_without_a_label(open_window, qtbot, scene, tmp_path):
    path = tmp_path / "walk.mp4"
    scene.open_source = lambda _r: Film(walk(6), path=path, name="walk.mp4")
    window = open_window(path)
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    (track_id,) = listed_ids(window)
    window.options.rename(track_id, "Zoë 田中")
    window.options.set_style(track_id, effect=PersonEffect.PLAIN)
    QTest.keyClick(window, Qt.Key.Key_E)
    card = window.stage.export
    card.masks.setChecked(True)
    card.json.setChecked(True)
    click(card.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    coco = json.loads(only_file(tmp_path / "out", ".json").read_text(encoding="utf-8"))
    assert {a["name"] for a in coco["annotations"]} == {"Zoë 田中"}
    (masks,) = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    lines = (masks / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["people"][0]["name"] == "Zoë 田中"


def test_a_hidden_person_keeps_the_name(qapp):
    options = OptionsModel()
    options.rename(1, "Anna")
    options.set_only(2)
    style = options.effective.render.styles[1]
    assert (style.name, style.effect) == ("Anna", PersonEffect.HIDE)


@pytest.mark.parametrize("text", ["Ольга", "田中", "สมชาย", "🎉", "שלום", "é" * 20])
def test_a_line_set_by_qt_lies_within_its_box(qapp, text):
    mask = set_line(text, 17, 22, 18)
    assert mask.shape[0] == 22
    assert mask.dtype == np.uint8
    assert mask.any()
    assert not mask[:, 0].any()
    assert not mask[:, -1].any()


def test_a_line_that_reaches_far_below_is_set_higher_and_not_smaller(qapp):
    """As that of an Arabic name, which was hard to read beside the number."""
    usual, low = set_line("pgy", 17, 22, 17), set_line("pgy", 17, 22, 21)
    rows = [int(mask.any(axis=1).sum()) for mask in (usual, low)]
    assert rows[0] == rows[1]
    assert low.shape == usual.shape
