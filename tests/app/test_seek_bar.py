"""The bar below a film: dragged, held, followed by the picture, and the times beside it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from app.held.backend import SourceRequest
from tests.app.gui import STRICT, Film, shown_index, walk

pytestmark = STRICT

MOST_MOVES = 3000
"""Pictures come after some ten moves, later on a machine that is starved."""


def test_the_seek_bar_can_be_dragged(long_film, qtbot):
    long_film.playing.pause()
    bar = long_film.transport.seek
    qtbot.waitUntil(bar.isEnabled)
    for time_s in (2.0, 8.0):
        where = QPoint(round(bar.x_of(time_s)), bar.height() // 2)
        QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=where)
        QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=where)
        qtbot.waitUntil(lambda t=time_s: abs(shown_index(long_film) - t * 20) <= 1)
    QTest.mouseMove(bar, QPoint(round(bar.x_of(1.0)), 16))
    assert bar.position_s == pytest.approx(8.0, abs=0.1)
    assert long_film.transport.position.text().startswith("0:0")
    assert long_film.transport.duration.text() == "0:10.0"


def test_the_picture_follows_a_bar_that_is_dragged(open_window, qtbot, scene):
    class Slow(Film):
        def read(self):
            time.sleep(0.04)  # seeks of large films take longer than a move of the mouse
            return super().read()

    scene.open_source = lambda _r: Slow(walk(200), fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.playing.pause()
    bar, seen = window.transport.seek, set()
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(2.0)), 16))
    for step in range(MOST_MOVES):
        QTest.mouseMove(bar, QPoint(round(bar.x_of(2.0 + step % 100 * 0.05)), 16))
        QTest.qWait(8)
        seen.add(shown_index(window))
        if len(seen) >= 5:
            break
    assert len(seen) >= 5
    last = QPoint(round(bar.x_of(6.95)), 16)
    QTest.mouseMove(bar, last)
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=last)
    qtbot.waitUntil(lambda: abs(shown_index(window) - 139) <= 1)


def test_a_held_handle_does_not_follow_the_film(long_film, qtbot):
    bar = long_film.transport.seek
    qtbot.waitUntil(bar.isEnabled)
    where = QPoint(round(bar.x_of(5.0)), bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=where)
    held_s = bar.position_s
    qtbot.waitUntil(lambda: shown_index(long_film) > 102)
    assert bar.position_s == held_s
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: bar.position_s > held_s)


def test_a_handle_is_let_go_when_the_film_is_closed_under_it(long_film, qtbot):
    bar = long_film.transport.seek
    qtbot.waitUntil(bar.isEnabled)
    where = QPoint(round(bar.x_of(5.0)), bar.height() // 2)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=where)
    long_film.sources.close()
    qtbot.waitUntil(lambda: not bar.isEnabled())
    long_film.sources.open(SourceRequest("film.mp4"))
    qtbot.waitUntil(lambda: 0 < bar.position_s < 4)  # it follows the film from its beginning


def test_a_film_that_begins_late_is_shown_from_zero(open_window, qtbot, scene):
    class Late(Film):
        def read(self):
            frame = super().read()
            return replace(frame, time_s=frame.time_s + 100) if frame else None

        def seek(self, time_s):
            super().seek(time_s - 100)

    scene.open_source = lambda _r: Late(walk(200), fps=20, start_s=100.0)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.playing.pause()
    window.transport.seek.sought.emit(5.0)
    qtbot.waitUntil(lambda: shown_index(window) == 100)
    qtbot.waitUntil(lambda: window.transport.position.text() == "0:05.0")
    QTest.keyClick(window, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
