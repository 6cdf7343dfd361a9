"""Every command has keys that work in the whole window, and all are listed in it."""

from __future__ import annotations

from collections import Counter

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractButton, QComboBox

from app.held.shortcuts import COMMANDS, shown_keys
from engine.board import Phase
from tests.app.gui import STRICT, Film, click, listed_ids, phase, shown_index, two_people

pytestmark = STRICT


def press(window, key: str) -> None:
    combination = QKeySequence(key)[0]
    QTest.keyClick(window, combination.key(), combination.keyboardModifiers())


def test_no_key_means_two_things():
    keys = Counter(key for command in COMMANDS for key in command.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_the_help_page_lists_every_command_with_its_keys(open_window):
    window = open_window()
    press(window, "F1")
    assert window.help.isVisible()
    listed = window.help.listed()
    for command in COMMANDS:
        assert command.title in listed
        assert set(shown_keys(command)) <= listed
    press(window, "Esc")
    assert not window.help.isVisible()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_key_triggers_its_command(open_window, command):
    window = open_window()
    action = window.actions_by_name[command.name]
    calls = []
    action.triggered.disconnect()
    action.triggered.connect(lambda _checked=False: calls.append(command.name))
    for key in command.keys:
        press(window, key)
    assert calls == [command.name] * len(command.keys)


def test_keys_do_what_they_say(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 100, fps=10)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    press(window, "K")
    qtbot.waitUntil(lambda: phase(window) is Phase.PAUSED)
    render = window.options.stored.render
    press(window, "T")
    press(window, "B")
    press(window, "+")
    press(window, "G")
    changed = window.options.stored.render
    assert changed.show_labels is not render.show_labels
    assert changed.show_boxes is not render.show_boxes
    assert changed.mask_opacity == pytest.approx(render.mask_opacity + 0.1)
    assert changed.backdrop is not render.backdrop
    first, second = listed_ids(window)
    press(window, "N")
    assert window.stage.view.selected_id == first
    press(window, "N")
    press(window, "O")
    assert window.options.only_id == second
    press(window, "Ctrl+W")
    assert phase(window) is None


def test_typing_an_address_triggers_no_command(open_window, qtbot):
    window = open_window()
    press(window, "Ctrl+L")
    line = window.stage.address.line
    qtbot.waitUntil(lambda: line.isVisible())
    line.setFocus()
    QTest.keyClicks(line, "rtsp://fp.local/hl,.")
    assert line.text() == "rtsp://fp.local/hl,."
    assert window.kept.view.hud
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert not line.isVisible()


def test_space_presses_the_control_reached_with_tab_and_leaves_the_film_alone(
    open_window, qtbot, scene
):
    scene.open_source = lambda _r: Film([two_people()] * 100, fps=10)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    look = window.panel.look
    for control in (look.labels, window.transport.loop):
        control.setFocus(Qt.FocusReason.TabFocusReason)
        before = control.isChecked()
        QTest.keyClick(control, Qt.Key.Key_Space)
        assert control.isChecked() is not before
    combo = window.panel.model.model
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentIndex() == 1
    assert phase(window) is Phase.RUNNING


def test_a_click_on_a_control_leaves_space_to_the_film(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 100, fps=10)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: phase(window) is Phase.RUNNING)
    click(window.panel.look.labels)
    for control in window.findChildren(QComboBox) + window.findChildren(QAbstractButton):
        assert not control.focusPolicy() & Qt.FocusPolicy.ClickFocus, control.accessibleName()
    press(window, "Space")
    qtbot.waitUntil(lambda: phase(window) is Phase.PAUSED)
