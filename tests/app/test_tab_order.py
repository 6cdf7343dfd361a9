"""Where Tab comes to, and where the keys are once something is gone."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app.held.backend import SourceRequest
from app.shown.banner import Choice, Level
from tests.app.gui import STRICT, Film, click, listed_ids, reached_by_tab, shown_index, two_people

pytestmark = STRICT


def test_what_was_shown_last_comes_right_after_the_other_ways_to_begin(open_window):
    empty = open_window().stage.empty
    empty.set_recent([SourceRequest(Path(name)) for name in ("one.mp4", "two.mp4")])
    first, second, *others = reached_by_tab(empty.demo_button)
    names = (first.accessibleName(), second.accessibleName())
    assert names == ("Open one.mp4 again", "Open two.mp4 again")
    assert not any(empty.isAncestorOf(other) for other in others[:20])


def test_tab_comes_from_the_picture_to_what_a_message_offers(open_window):
    window = open_window()
    banner, pressed = window.stage.banner, []
    for text in ("Stop", "Retry"):  # of the last one nothing is left
        choices = [Choice(text, lambda t=text: pressed.append(t)), Choice("Choose file…", int)]
        banner.post(Level.ERROR, "It did not open.", choices=choices)
    window.stage.view.setFocus()
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_Tab)
    assert window.focusWidget() is banner.buttons[0]
    assert reached_by_tab(banner.buttons[0])[0] is banner.buttons[1]
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert pressed == ["Retry"]


def test_what_was_begun_on_the_start_page_with_the_keyboard_gives_the_keys_to_the_picture(
    open_window, qtbot
):
    """Else Space, which plays, would fold the section that Qt puts the keys on."""
    window = open_window()
    window.stage.empty.demo_button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert window.stage.view.hasFocus()


def test_tab_comes_to_the_card_of_an_export_wherever_the_keys_were(film):
    window, card = film, film.stage.export
    window.panel.look.labels.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window, Qt.Key.Key_E)
    QTest.keyClick(window, Qt.Key.Key_Tab)
    assert card.isAncestorOf(window.focusWidget())


def test_people_come_in_the_order_in_which_they_are_seen(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.options.rename(listed_ids(window)[0], "Anna")
    controls = reached_by_tab(window.panel.people.head)
    assert [control.accessibleName() for control in controls[:6]] == [
        f"{what} {who}"
        for who in ("Anna", "Person 2")
        for what in ("Colour of", "Effect of", "Only")
    ]
    assert window.transport.play in controls[6:]


def test_tab_leaves_the_line_of_a_name_for_the_next_control_of_the_person(
    open_window, qtbot, scene
):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    row = window.panel.people.rows[0]
    window.naming.rename(row.track_id)
    assert row.name.line.accessibleName() == "Name of Person 1"
    QTest.keyClicks(row.name.line, "Anna")
    QTest.keyClick(row.name.line, Qt.Key.Key_Tab)
    assert row.effect.hasFocus()
    assert row.effect.accessibleName() == "Effect of Anna"


def test_tab_comes_to_the_choice_that_was_clicked_or_made_with_a_key(film):
    """Not to one that had the keys before, from which Space would choose it again."""
    window, (keep, blur, colour, _) = film, film.panel.look.backdrop.buttons
    keep.setFocus(Qt.FocusReason.TabFocusReason)
    click(blur)
    assert blur.hasFocus()
    window.stage.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_G)
    assert colour.isChecked()
    assert not colour.hasFocus()
    assert [b for b in reached_by_tab(window) if b in (keep, blur, colour)] == [colour]
