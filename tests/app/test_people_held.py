"""Rows of the list of people keep their places while somebody may be about to click one."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QCursor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from app.shown.people_places import MOST_AWAY, Places
from engine.styles import PersonEffect
from tests.app.gui import STRICT, Film, click, listed_ids
from tests.fakes import coloured_box_image

pytestmark = STRICT

LEFT, RIGHT = coloured_box_image(8, 220), coloured_box_image(80, 120)
BOTH = np.maximum(LEFT, RIGHT)
NOBODY = np.zeros_like(LEFT)


@pytest.fixture
def pair(open_window, qtbot, scene):
    """A paused film: person 1 and 2, then 2 alone, 2 and a third one, and nobody."""
    third = np.maximum(RIGHT, coloured_box_image(40, 170))
    scene.open_source = lambda _r: Film([BOTH, *[RIGHT] * 4, *[third] * 4, *[NOBODY] * 4], fps=10)
    window = open_window("film.mp4")
    window.playing.pause()
    qtbot.waitUntil(lambda: listed_ids(window) == [1, 2])
    yield window
    QCursor.setPos(QPoint(0, 0))


def point_at(widget: QWidget) -> QPoint:
    """The pointer is on the middle of a widget; where that is in the window."""
    window, middle = widget.window(), widget.rect().center()
    QTest.mouseMove(window, widget.mapTo(window, middle))
    QCursor.setPos(widget.mapToGlobal(middle))
    return widget.mapTo(window, middle)


def step(window, qtbot, pictures: int, count: int) -> None:
    """On by so many pictures, in the last of which so many people are."""
    index = window.stage.view.result.frame.index + pictures
    window.player.step(pictures)
    title = f"People  {count}" if count else "People"
    qtbot.waitUntil(lambda: window.stage.view.result.frame.index == index)
    qtbot.waitUntil(lambda: window.panel.people.head.text() == title)


def under(window, where: QPoint) -> int:
    """Whose row is at a place of the window."""
    return next(
        row.track_id for row in window.panel.people.rows
        if row.rect().contains(row.mapFrom(window, where))
    )  # fmt: skip


def test_a_click_meets_the_person_it_was_meant_for_though_another_leaves_just_before(pair, qtbot):
    second = pair.panel.people.row_of(2)
    where = point_at(second.only)
    step(pair, qtbot, 1, 1)
    assert under(pair, where) == 2
    click(pair.childAt(where))
    assert pair.options.only_id == 2


def test_who_leaves_stays_dimmed_and_can_be_hidden_who_comes_is_below_until_the_pointer_goes(
    pair, qtbot
):
    people = pair.panel.people
    first, _ = people.rows
    point_at(first.effect)
    step(pair, qtbot, 1, 1)
    assert listed_ids(pair) == [1, 2]
    assert (first.score.text(), first.property("away")) == ("away", True)
    step(pair, qtbot, 5, 2)
    assert listed_ids(pair)[:2] == [1, 2]
    assert len(listed_ids(pair)) == 3
    click(first.effect)
    menu = QApplication.activePopupWidget()
    [hide] = [action for action in menu.actions() if action.text() == "Hide"]
    hide.trigger()
    menu.close()
    assert pair.options.style_of(1).effect is PersonEffect.HIDE
    third = listed_ids(pair)[2]
    point_at(pair.stage.view)
    qtbot.waitUntil(lambda: listed_ids(pair) == sorted([2, third]))
    assert people.rows[0].score.text().endswith("%")
    assert people.rows[0].property("away") is False


def test_nobody_changes_places_while_the_menu_of_somebody_is_open_beside_the_list(pair, qtbot):
    click_at = point_at(pair.panel.people.row_of(2).effect)
    click(pair.childAt(click_at))
    menu = QApplication.activePopupWidget()
    QCursor.setPos(menu.mapToGlobal(QPoint(1, menu.height() + 200)))
    step(pair, qtbot, 1, 1)
    assert under(pair, click_at) == 2
    menu.close()


def test_whoever_has_the_keys_keeps_them_when_they_leave(pair, qtbot):
    """Else they would be on somebody else, or on whatever comes next in the window."""
    effect = pair.panel.people.row_of(1).effect
    effect.setFocus(Qt.FocusReason.TabFocusReason)
    step(pair, qtbot, 1, 1)
    assert pair.focusWidget() is effect is pair.panel.people.row_of(1).effect
    pair.stage.view.setFocus()
    pair.player.step(1)
    qtbot.waitUntil(lambda: listed_ids(pair) == [2])


def test_who_comes_and_goes_moves_nothing_that_is_below_the_rows(pair, qtbot):
    """A click on "Show everybody again" must not become one on a person."""
    pair.options.set_only(2)
    pair.resize(900, 600)
    [button] = [
        b for b in pair.panel.people.findChildren(QWidget)
        if getattr(b, "text", str)() == "Show everybody again"
    ]  # fmt: skip
    qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty())
    where = point_at(button)
    for pictures, count in ((1, 1), (5, 2), (4, 0)):
        step(pair, qtbot, pictures, count)
        qtbot.wait(30)
        assert pair.childAt(where) is button


def test_a_list_that_is_pointed_at_for_long_does_not_grow_without_end():
    places = Places()
    places.arrange([3, 1], held=False)
    assert places.ids == [1, 3]
    for passer_by in range(4, 200):
        places.arrange([passer_by], held=True, in_use=[1])
    assert len(places.ids) <= MOST_AWAY + 1
    assert places.ids[0] == 1  # pointed at
    assert places.ids[1] > 100
    places.arrange([3, 1, 2], held=True)
    assert places.ids[0] == 1
    places.arrange([-1, -1], held=True)  # identities were switched off
    assert places.ids == [-1, -1]
    places.arrange([5], held=True)
    assert places.ids == [5]
