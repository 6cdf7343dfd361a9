"""The page of keys and mouse can be read in every window."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from app.held.shortcuts import COMMANDS
from engine.board import Phase
from tests.app.gui import STRICT, listed_ids, phase
from tests.app.test_shortcuts import press

pytestmark = STRICT


@pytest.mark.parametrize("width", [640, 760, 900, 1280])
def test_nothing_on_the_help_page_is_cut_off_on_the_right(open_window, qtbot, width):
    window = open_window()
    window.resize(width, 600)
    QTest.keyClick(window, Qt.Key.Key_F1)
    area = window.help._area
    qtbot.waitUntil(lambda: window.help.width() == width)
    page = area.widget()
    qtbot.waitUntil(lambda: page.width() <= area.viewport().width())
    assert page.width() >= page.minimumSizeHint().width()


def test_no_key_changes_what_the_help_page_covers(film, qtbot):
    qtbot.waitUntil(lambda: bool(listed_ids(film)))
    film.picture.select(listed_ids(film)[0])
    options, view, playback = film.options.stored, film.kept.view, film.player.playback
    press(film, "F1")
    kept = {"help", "escape", "fullscreen", "appearance", "quit"}
    for command in COMMANDS:
        for key in command.keys if command.name not in kept else ():
            press(film.help._area, key)
            assert QApplication.activeModalWidget() is None
    assert film.help.isVisible()
    assert not film.stage.address.isVisible()
    assert phase(film) is Phase.RUNNING
    assert film.stage.view.selected_id == listed_ids(film)[0]
    assert (film.options.stored, film.kept.view) == (options, view)
    assert film.player.playback == playback
    assert not film.recording.active


def test_keys_of_the_window_itself_work_over_the_help_page(film):
    press(film, "F1")
    for full in (True, False):
        press(film.help._area, "F")
        assert film.isFullScreen() is full
        assert film.help.isVisible()
    appearance = film.kept.view.appearance
    press(film.help._area, "A")
    assert film.kept.view.appearance is not appearance
    press(film.help._area, "?")
    assert not film.help.isVisible()
    press(film, "T")
    assert not film.options.stored.render.show_labels
