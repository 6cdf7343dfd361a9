"""Messages and cards on a small picture: none hides another, and all can be reached."""

from __future__ import annotations

from itertools import combinations

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.shown.banner import Choice, Level
from app.shown.controls.scrolled import Scrolled
from app.window import make_application
from engine.export import ExportProgress
from engine.styles import PersonEffect
from tests.app.gui import STRICT

pytestmark = STRICT

SMALLEST, SMALL = (640, 520), (760, 520)
LONG = "Birthday in the garden second part.mp4 breaks off."
HINT = "The file is incomplete or damaged there; copy or download it again."


def place(widget: QWidget, within: QWidget) -> QRect:
    return QRect(widget.mapTo(within, QPoint(0, 0)), widget.size())


def crowd(window, size_wh: tuple[int, int], toast: bool) -> list[QWidget]:
    """An error beside the open export card, perhaps with the news that something was saved."""
    stage = window.stage
    window.resize(*size_wh)
    window.options.set_style(1, effect=PersonEffect.BLUR)
    window.export_offer.make()
    choices = [Choice("Retry", lambda: None), Choice("Choose file…", lambda: None)]
    stage.banner.post(Level.ERROR, LONG, HINT, choices)
    if toast:
        stage.toast.post(Level.DONE, "Screenshot saved", "film 2026-01-01.png", choices[:1])
    return [stage.banner, stage.export] + ([stage.toast] if toast else [])


@pytest.mark.parametrize("toast", [False, True])
@pytest.mark.parametrize("size_wh", [SMALLEST, SMALL, (900, 600), (1280, 800)])
def test_a_message_and_the_export_card_do_not_cover_each_other(film, qtbot, size_wh, toast):
    cards = crowd(film, size_wh, toast)
    view, card = film.stage.view, film.stage.export

    def lie_apart() -> bool:
        places = [place(one, view) for one in cards if not one.isHidden()]  # others wait
        apart = not any(one.intersects(other) for one, other in combinations(places, 2))
        inside = card.rect().contains(place(card.start_button, card))
        return inside and apart and all(view.rect().contains(one) for one in places)

    qtbot.waitUntil(lie_apart)
    assert sum(not one.isHidden() for one in cards) >= (1 if size_wh == SMALLEST else 2)
    assert film.stage.banner.rect().contains(film.stage.banner.buttons[1].geometry())


def test_where_two_messages_and_the_card_do_not_fit_the_older_message_waits(film, qtbot):
    stage, card = film.stage, film.stage.export
    crowd(film, SMALL, toast=False)
    stage.banner.post(Level.ERROR, LONG, HINT * 2, [Choice("Retry", lambda: None)])
    stage.toast.post(Level.DONE, "Saved", LONG * 2, [Choice("Show in folder", lambda: None)])

    def fit(*shown: QWidget) -> bool:
        places = [place(widget, stage.view) for widget in (card, *shown)]
        button = card.start_button
        return (
            {m for m in stage.messages if m.isVisible()} == set(shown)
            and all(stage.view.rect().contains(place) for place in places)
            and not any(one.intersects(other) for one, other in combinations(places, 2))
            and button.visibleRegion().boundingRect() == button.rect()
        )

    qtbot.waitUntil(lambda: fit(stage.toast))
    stage.banner.post(Level.ERROR, LONG, HINT * 2, [Choice("Retry", lambda: None)])
    qtbot.waitUntil(lambda: fit(stage.banner))
    stage.banner.buttons[0].setFocus()
    stage.toast.post(Level.DONE, "Saved", LONG * 2, [Choice("Show in folder", lambda: None)])
    qtbot.waitUntil(lambda: fit(stage.toast))
    assert stage.view.hasFocus(), "or Space would press what Qt chose instead"
    stage.toast.dismiss()
    qtbot.waitUntil(lambda: fit(stage.banner))
    stage.toast.post(Level.DONE, "Saved", LONG * 2, [Choice("Show in folder", lambda: None)])
    film.resize(1280, 800)
    qtbot.waitUntil(lambda: fit(stage.toast, stage.banner))


def test_where_a_message_and_the_card_do_not_fit_the_older_waits(film, qtbot):
    stage, card = film.stage, film.stage.export
    crowd(film, SMALLEST, toast=False)
    stage.banner.post(Level.ERROR, LONG, HINT * 2, [Choice("Retry", lambda: None)])
    qtbot.waitUntil(lambda: stage.banner.isVisible() and not card.isVisible())
    QTest.keyClick(film, Qt.Key.Key_E)  # wanted now
    qtbot.waitUntil(lambda: card.isVisible() and not stage.banner.isVisible())
    QTest.keyClick(film, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: stage.banner.isVisible() and not card.isVisible())
    QTest.keyClick(film, Qt.Key.Key_E)
    stage.banner.post(Level.ERROR, LONG, HINT * 2, [Choice("Retry", lambda: None)])
    qtbot.waitUntil(lambda: not card.isVisible())
    stage.banner.dismiss()
    qtbot.waitUntil(card.isVisible)
    assert stage.view.rect().contains(place(card, stage.view))


def test_what_does_not_fit_on_the_export_card_is_reached_with_tab(film, qtbot):
    crowd(film, SMALLEST, toast=False)
    film.stage.banner.dismiss()
    card = film.stage.export
    switch = card.json
    card.kinds.buttons[0].setFocus()
    for _ in range(4):
        if switch.hasFocus():
            break
        QTest.keyClick(film.focusWidget(), Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: switch.hasFocus() and not switch.visibleRegion().isEmpty())
    assert switch.visibleRegion().boundingRect().height() >= switch.height() - 2


def test_no_bar_stays_where_there_is_room_without_it(qtbot):
    """Its own width can make the text beside it higher, and so keep it there."""
    make_application()
    text, width_px = QLabel("a"), 300
    text.setWordWrap(True)
    content = QWidget()
    QVBoxLayout(content).addWidget(text)
    scrolled = Scrolled(content)
    scrolled.fit_width(width_px)
    qtbot.addWidget(scrolled)
    narrower_px = width_px - scrolled.verticalScrollBar().sizeHint().width()
    for _ in range(200):
        if content.heightForWidth(width_px) < content.heightForWidth(narrower_px):
            break
        text.setText(f"{text.text()} a")
        content.layout().activate()
    scrolled.resize(width_px, 30)
    scrolled.show()
    bar = scrolled.verticalScrollBar()
    qtbot.waitUntil(bar.isVisible)
    scrolled.resize(scrolled.sizeHint())
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert content.height() == scrolled.height()


def test_with_room_the_export_card_shows_all_and_its_progress_takes_less(film, qtbot):
    crowd(film, (1280, 800), toast=False)
    card = film.stage.export
    for shown in (card.overlay, card.hidden_too, card.newcomers):
        qtbot.waitUntil(lambda shown=shown: not shown.visibleRegion().isEmpty())
        assert shown.visibleRegion().boundingRect().height() == shown.height()
    height = card.height()
    card.begin()
    card.progress.show_progress(ExportProgress(10, 100, 2.0, 33.8, 1))
    qtbot.waitUntil(lambda: card.height() < height - 100)
