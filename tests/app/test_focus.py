"""Who gets around with the keyboard sees where they are and hears what it is."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from engine.config import Backdrop
from engine.types import BoolArray, UInt8Array
from tests.app.contrast import contrast
from tests.app.gui import STRICT, Film, listed_ids, two_people

pytestmark = STRICT

MIN_CONTRAST = 3.0
"""Of WCAG 2.2, 1.4.11 and 2.4.13."""

MIN_PIXELS = 60
"""A line of 2 px around half of the smallest control."""


def pixels_of(widget: QWidget) -> UInt8Array:
    """Rows × columns × (red, green, blue) as the widget is painted now, with what is below it."""
    window = widget.window()
    place = widget.rect().translated(widget.mapTo(window, widget.rect().topLeft()))
    image = window.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def changed_clearly(before: UInt8Array, after: UInt8Array) -> BoolArray:
    """Where the contrast between two paintings is at least `MIN_CONTRAST`."""
    return contrast(before, after) >= MIN_CONTRAST


def reached_by_tab(start: QWidget) -> list[QWidget]:
    """All controls in the order in which Tab comes to them after `start`."""
    order: list[QWidget] = []
    window, widget = start.window(), start.nextInFocusChain()
    while widget is not None and widget is not start:
        can_focus = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if can_focus and widget.isEnabled() and widget.isVisibleTo(window):
            order.append(widget)
        widget = widget.nextInFocusChain()
    return order


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
    window.pause()
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
    window.rename(row.track_id)
    assert row.name.line.accessibleName() == "Name of Person 1"
    QTest.keyClicks(row.name.line, "Anna")
    QTest.keyClick(row.name.line, Qt.Key.Key_Tab)
    assert row.effect.hasFocus()
    assert row.effect.accessibleName() == "Effect of Anna"
