"""A narrow window: nothing is cut off or covered, and what has no room is in a menu."""

from __future__ import annotations

from itertools import combinations

import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from tests.app.gui import STRICT, Film, LiveCamera, click, shown_index, walk

pytestmark = STRICT

WIDTHS = (640, 683, 760, 900)


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint(0, 0)), widget.size())


def narrow(window, qtbot, width: int) -> None:
    """The window is made so narrow from a wide one, with its panel open."""
    window.resize(1280, 520)
    qtbot.waitUntil(lambda: window.transport.width() == 1280)
    window.resize(width, 520)
    qtbot.waitUntil(lambda: window.body.width() == width)


def lie_apart(bar: QWidget) -> bool:
    """All that a bar shows lies in the window, is as large as it must be, and covers nothing."""
    window, shown = bar.window(), []
    for part in bar.children():
        if isinstance(part, QWidget) and part.isVisible():
            shown.append(place(part, window))
            if part.width() < part.minimumSizeHint().width():
                return False
    inside = all(window.rect().contains(one) for one in shown)
    return inside and not any(one.intersects(other) for one, other in combinations(shown, 2))


def more_of(window) -> QToolButton:
    [more] = [
        button for button in window.transport.findChildren(QToolButton)
        if button.accessibleName() == "More"
    ]  # fmt: skip
    return more


def entries(window) -> dict[str, object]:
    """Of the menu of what has left the bar."""
    click(more_of(window))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    return {action.text(): action for action in menu.actions()}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("live", [False, True])
def test_the_bars_have_room_in_a_window_of_any_width(open_window, qtbot, scene, width, live):
    name = "A birthday in the garden of somebody with a long name, second part.mp4"
    scene.open_source = lambda _r: LiveCamera(name=name) if live else Film(walk(200), name=name)
    window = open_window(name)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    narrow(window, qtbot, width)
    for text in ("", "0:12.3 · 4 dropped"):
        window.transport.show_recording(text)
        for bar in (window.header, window.transport):
            qtbot.waitUntil(lambda bar=bar: lie_apart(bar))
        assert window.transport.play.isVisible()
        assert live or window.transport.seek.width() >= 120
    window.transport.show_recording("")


def test_what_has_left_the_bar_is_in_a_menu_and_comes_back_with_the_room(long_film, qtbot):
    window = long_film
    narrow(window, qtbot, 640)
    assert not window.transport.loop.isVisible()
    loop = entries(window)["Loop"]
    was_on = loop.isChecked()
    loop.trigger()
    QApplication.activePopupWidget().close()
    assert window.transport.loop.isChecked() is not was_on
    assert entries(window)["Loop"].isChecked() is not was_on
    QApplication.activePopupWidget().close()
    window.resize(1280, 520)
    qtbot.waitUntil(window.transport.loop.isVisible)
    assert window.transport.hud.isVisible()
    assert not more_of(window).isVisible()


def test_the_speed_is_chosen_from_that_menu_too(long_film, qtbot):
    narrow(long_film, qtbot, 640)
    entries(long_film)["Speed"].trigger()
    speeds = QApplication.activePopupWidget()
    [double] = [action for action in speeds.actions() if action.text() == "2×"]
    double.trigger()
    speeds.close()
    assert long_film.transport.speed.text() == "2×"


def test_that_menu_offers_nothing_of_no_use(live, qtbot):
    """A camera has no speed, and cannot be searched."""
    narrow(live, qtbot, 640)
    live.transport.show_recording("0:12.3 · 4 dropped " * 3)
    qtbot.waitUntil(lambda: not live.transport.hud.isVisible())
    offered = set(entries(live))
    QApplication.activePopupWidget().close()
    live.transport.show_recording("")
    assert "Figures" in offered
    assert not offered & {"Speed", "Loop", "One frame back", "One frame on"}


def test_the_cards_are_no_wider_than_a_narrow_picture(film, qtbot):
    stage = film.stage
    narrow(film, qtbot, 640)
    film.export_offer.make()
    click(stage.export.part.choice.buttons[1])
    for time in (stage.export.part.begin, stage.export.part.end):
        qtbot.waitUntil(lambda time=time: not time.here.visibleRegion().isEmpty())
        assert time.here.visibleRegion().boundingRect().width() == time.here.width()
    assert stage.view.rect().contains(place(stage.export, stage.view))
    stage.export.hide()
    stage.address.open("beach")
    click(stage.address.findChildren(type(stage.export.start_button))[0])
    problem = stage.address.findChildren(QLabel)[-1]
    qtbot.waitUntil(problem.isVisible)
    qtbot.waitUntil(lambda: problem.height() >= problem.heightForWidth(problem.width()))
    assert stage.view.rect().contains(place(stage.address, stage.view))


def test_the_start_page_beside_the_panel_of_a_narrow_window_shows_all_ways_to_begin(
    open_window, qtbot
):
    window = open_window()
    empty = window.stage.empty
    narrow(window, qtbot, 640)
    for button in (empty.camera_button, empty.file_button, empty.demo_button):
        qtbot.waitUntil(lambda b=button: b.visibleRegion().boundingRect() == b.rect())
        assert button.width() >= button.minimumSizeHint().width()
    window.resize(1280, 520)
    qtbot.waitUntil(lambda: not empty.camera_button.icon().isNull())
