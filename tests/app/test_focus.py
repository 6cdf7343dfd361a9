"""Who gets around with the keyboard sees where they are and hears what it is."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from app.shown.banner import Choice, Level
from engine.styles import Backdrop, PersonEffect
from engine.types import BoolArray, UInt8Array
from tests.app.contrast import contrast, pixels_of
from tests.app.gui import STRICT, Film, listed_ids, reached_by_tab, shown_index, two_people

pytestmark = STRICT

MIN_CONTRAST = 3.0
"""Of WCAG 2.2, 1.4.11 and 2.4.13."""

MIN_PIXELS = 60
"""A line of 2 px around half of the smallest control."""


def changed_clearly(before: UInt8Array, after: UInt8Array) -> BoolArray:
    """Where the contrast between two paintings is at least `MIN_CONTRAST`."""
    return contrast(before, after) >= MIN_CONTRAST


def clear_pixels(control: QWidget) -> int:
    """How many pixels of a control say clearly that it has the focus."""
    window = control.window()
    focused = window.focusWidget()
    if focused is not None:
        focused.clearFocus()
    before = pixels_of(control)
    control.setFocus(Qt.FocusReason.TabFocusReason)
    assert control.hasFocus(), control
    QApplication.processEvents()
    return int(changed_clearly(before, pixels_of(control)).sum())


def faint_controls(window: QWidget) -> list[str]:
    """The names of those on which the focus is hard to see."""
    controls = reached_by_tab(window)
    assert len(controls) > 20
    return [c.accessibleName() or c.toolTip() for c in controls if clear_pixels(c) < MIN_PIXELS]


def test_the_focus_is_clearly_seen_on_every_control(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.playing.pause()
    window.options.update_render(
        show_labels=True, show_boxes=True, backdrop=Backdrop.COLOUR, backdrop_bgr=(0, 0, 0)
    )
    window.resize(1400, 2000)  # nothing is scrolled out of the panel
    assert faint_controls(window) == []


def test_the_focus_is_clearly_seen_on_the_start_page(open_window):
    window = open_window()
    window.resize(1400, 2000)
    window.options.update_render(show_labels=False)
    assert window.stage.empty.isVisible()
    assert faint_controls(window) == []


def test_the_seek_bar_is_reached_with_tab_and_tells_the_time(long_film, qtbot):
    window, bar = long_film, long_film.transport.seek
    window.playing.pause()
    qtbot.waitUntil(bar.isEnabled)
    assert bar in reached_by_tab(window)
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    assert clear_pixels(bar) >= MIN_PIXELS
    for key, index, name in (
        (Qt.Key.Key_Home, 0, "Position: 0:00.0 of 0:10.0"),
        (Qt.Key.Key_Right, 100, "Position: 0:05.0 of 0:10.0"),
        (Qt.Key.Key_Left, 0, "Position: 0:00.0 of 0:10.0"),
        (Qt.Key.Key_PageUp, 199, "Position: 0:09.9 of 0:10.0"),
        (Qt.Key.Key_PageDown, 0, "Position: 0:00.0 of 0:10.0"),
    ):
        QTest.keyClick(bar, key)
        qtbot.waitUntil(lambda i=index: shown_index(window) == i)
        qtbot.waitUntil(lambda n=name: bar.accessibleName() == n)
        assert bar.value() == round(index / 20)
        assert bar.hasFocus()


def test_a_film_that_plays_on_does_not_talk_all_the_time(open_window):
    bar = open_window().transport.seek
    bar.setEnabled(True)
    bar.set_duration(10.0)
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    name = bar.accessibleName()
    for tenths in range(1, 31):
        bar.set_position(tenths / 10)
    assert bar.accessibleName() == name
    bar.clearFocus()
    bar.set_position(3.6)
    assert bar.accessibleName() == "Position: 0:03.6 of 0:10.0"


def test_choices_side_by_side_say_what_they_are_for(film):
    look, names = film.panel.look, set()
    for segments in (look.effect, look.new_people, look.backdrop, film.panel.appearance.choices):
        assert segments.accessibleName()
        for choice in segments.buttons:
            assert choice.accessibleName() == f"{segments.accessibleName()}: {choice.text()}"
            names.add(choice.accessibleName())
    assert {"Everybody: Blur", "New people: Blur", "Backdrop: Blur"} <= names


@pytest.mark.parametrize(
    "held", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier]
)
def test_arrow_keys_go_through_choices_side_by_side_and_leave_the_film_alone(
    held, long_film, qtbot
):
    """On macOS arrows count as keys of the keypad."""
    window = long_film
    window.playing.pause()
    choices = window.panel.look.backdrop.buttons
    at = shown_index(window)
    choices[0].setFocus(Qt.FocusReason.TabFocusReason)
    assert window.options.stored.render.backdrop is Backdrop.KEEP
    QTest.keyClick(choices[0], Qt.Key.Key_Right, held)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right, held)
    assert choices[2].hasFocus()
    assert window.options.stored.render.backdrop is Backdrop.COLOUR
    QTest.keyClick(choices[2], Qt.Key.Key_Left, held)
    assert window.options.stored.render.backdrop is Backdrop.BLUR
    assert window.options.stored.render.default_style.effect is PersonEffect.OVERLAY
    assert abs(shown_index(window) - at) <= 1


def test_the_help_page_keeps_the_keyboard_and_covers_a_window_that_grows(open_window, qtbot):
    window = open_window()
    window.resize(900, 600)
    QTest.keyClick(window, Qt.Key.Key_F1)
    page = window.help
    narrow = page._card.width()
    window.resize(1400, 900)
    qtbot.waitUntil(lambda: page.size() == window.centralWidget().size() and page.width() == 1400)
    qtbot.waitUntil(lambda: page._card.width() > narrow)
    assert page.rect().contains(page._card.geometry())
    content = page._area.widget()
    assert page._area.viewport().width() >= content.sizeHint().width()
    for _ in range(3):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert page.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.stage.view.hasFocus()


def test_the_keys_that_scroll_the_help_page_do_not_change_the_volume(open_window, qtbot):
    window = open_window()
    window.resize(window.minimumSize())
    QTest.keyClick(window, Qt.Key.Key_F1)
    volume, bar = window.kept.view.volume, window.help._area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert bar.value() > 0
    assert window.kept.view.volume == volume


def test_a_closed_address_line_gives_the_keys_back_to_the_picture(open_window):
    window = open_window()
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert window.stage.address.line.hasFocus()
    QTest.keyClick(window.stage.address.line, Qt.Key.Key_Escape)
    assert window.stage.view.hasFocus()


def test_a_closed_message_gives_the_keys_back_to_the_picture(film):
    film.stage.banner.post(Level.INFO, "Hello", choices=[Choice("Good", lambda: None)])
    (good,) = film.stage.banner.buttons
    good.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(good, Qt.Key.Key_Return)
    assert not film.stage.banner.isVisible()
    assert film.stage.view.hasFocus()


def test_escape_closes_messages_one_after_the_other_and_then_selects_nobody(film):
    stage = film.stage
    film.picture.select(1)
    stage.banner.post(Level.ERROR, "The film breaks off.")
    stage.toast.post(Level.DONE, "Export finished", stays=True)
    for banner, toast, selected in ((True, False, 1), (False, False, 1), (False, False, -1)):
        QTest.keyClick(film, Qt.Key.Key_Escape)
        shown = stage.banner.isVisible(), stage.toast.isVisible(), stage.view.selected_id
        assert shown == (banner, toast, selected)


def test_a_minimised_window_comes_back_with_the_keys_where_they_were(open_window, qtbot):
    window = open_window()
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    for keeps in (window.stage.address.line, window.help._area):
        assert keeps.hasFocus()
        window.showMinimized()
        qtbot.waitUntil(window.isMinimized)
        window.showNormal()
        qtbot.waitUntil(lambda: not window.isMinimized())
        assert window.focusWidget() is keeps
        window.activateWindow()
        QTest.keyClick(window, Qt.Key.Key_F1)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_button_reached_with_tab_is_pressed_by_enter_and_space(film, key):
    for button in (film.transport.loop, film.panel.look.boxes, film.panel.look.effect.buttons[1]):
        button.setFocus(Qt.FocusReason.TabFocusReason)
        before = button.isChecked()
        QTest.keyClick(button, key)
        assert button.isChecked() is not before


def test_enter_at_the_end_of_an_address_presses_no_button(open_window):
    window = open_window()
    window.actions_by_name["open_address"].trigger()
    line = window.stage.address.line
    line.setText("rtsp://nowhere/stream")
    loop = window.transport.loop
    window.stage.address.entered.connect(lambda _text: loop.setFocus())
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert window.player.request is not None
    assert window.player.request.spec == "rtsp://nowhere/stream"
    assert not loop.isChecked()
