"""People come and go in the list, and what lies below it stays under the pointer."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QCursor
from PyQt6.QtWidgets import QWidget

from tests.app.gui import STRICT, Film, listed_ids, two_people, walk

pytestmark = STRICT


def centre(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().center())


def test_who_comes_and_goes_moves_no_control_away_from_the_pointer(open_window, qtbot, scene):
    nobody = np.zeros_like(two_people())
    one = walk(1)[0]
    pictures = [one, *[two_people()] * 4, *[one] * 4, *[nobody] * 4]
    scene.open_source = lambda _r: Film(pictures, fps=10)
    window = open_window("film.mp4")
    window.playing.pause()
    window.resize(900, 600)
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    hide = window.panel.look.effect.buttons[3]
    qtbot.waitUntil(lambda: not hide.visibleRegion().isEmpty())
    before, row_px = centre(hide), window.panel.people.rows[0].height()
    QCursor.setPos(before)
    for count in (2, 1, 0):
        window.player.step(4)
        qtbot.waitUntil(lambda c=count: len(listed_ids(window)) == c)
        qtbot.waitUntil(lambda: not hide.visibleRegion().isEmpty())
        for _ in range(5):
            qtbot.wait(10)
            assert centre(hide) == before
        assert all(row.height() == row_px for row in window.panel.people.rows)
    people = window.panel.people.listing
    assert people.height() > people.sizeHint().height()
    QCursor.setPos(window.mapToGlobal(QPoint(100, 300)))
    qtbot.waitUntil(lambda: people.height() == people.sizeHint().height())


def test_without_the_pointer_below_it_the_list_is_as_long_as_it_must_be(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people(), *walk(1)], fps=10)
    window = open_window("film.mp4")
    window.playing.pause()
    QCursor.setPos(window.mapToGlobal(QPoint(100, 300)))
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    section = window.panel.people
    qtbot.waitUntil(lambda: section.height() == section.sizeHint().height())
    before = section.height()
    window.player.step(1)
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    qtbot.waitUntil(lambda: section.height() < before)
    assert section.height() == section.sizeHint().height()
