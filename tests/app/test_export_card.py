"""The card of an export: what it says, offers and leaves free."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel

from engine.export import ExportProgress
from engine.styles import NewPeople, PersonEffect
from tests.app.gui import STRICT, click, shown_text

pytestmark = STRICT


def test_the_card_says_that_who_was_not_seen_yet_is_not_hidden(film):
    card = film.stage.export
    film.export_offer.make()
    assert not card.newcomers.isVisible()
    film.options.set_style(1, effect=PersonEffect.BLUR)
    film.export_offer.make()
    assert card.newcomers.isVisible()
    film.options.set_only(1)  # whoever comes is hidden
    film.export_offer.make()
    assert not card.newcomers.isVisible()


def test_the_card_goes_on_saying_so_while_it_is_open(film):
    card = film.stage.export
    film.export_offer.make()
    film.options.set_style(1, effect=PersonEffect.HIDE)
    assert card.newcomers.isVisible()
    film.options.set_new_people(NewPeople.HIDE)
    assert not card.newcomers.isVisible()
    card.hide()
    film.options.set_new_people(NewPeople.AS_EVERYBODY)
    assert not card.isVisible()


def test_what_it_warns_of_is_seen_in_the_smallest_window(film):
    """And with it the button that it is about."""
    film.resize(film.minimumSize())
    film.options.set_style(1, effect=PersonEffect.HIDE)
    film.stage.banner.dismiss()
    film.export_offer.make()
    card = film.stage.export
    click(card.part.choice.buttons[1])
    click(card.kinds.buttons[1])
    QApplication.processEvents()
    for part in (card.newcomers, card.start_button):
        assert part.visibleRegion().boundingRect() == part.rect()
    assert card.newcomers.height() >= card.newcomers.heightForWidth(card.newcomers.width())


@pytest.mark.parametrize(
    ("has_audio", "is_file", "kept"),
    [(True, True, True), (False, True, False), (True, False, False)],
)
def test_the_card_speaks_of_sound_only_where_some_is_kept(film, tmp_path, has_audio, is_file, kept):
    """The sound of a film from the net is not kept."""
    path = tmp_path / "film.mp4" if is_file else None
    card = film.stage.export
    card.open(replace(film.player.state().source, has_audio=has_audio, path=path), tmp_path, float)
    for kind in card.kinds.buttons:
        click(kind)
        assert ("The sound of the film is kept." in shown_text(card)) is kept
        assert ("The sound of the film is kept." in card.overlay.toolTip()) is kept


def test_an_export_started_with_the_keyboard_leaves_the_keys_to_the_picture(film, qtbot):
    """Else Space, which plays the film, would cancel the export, or fold a section after it."""
    film.actions_by_name["export"].trigger()
    card = film.stage.export
    card.start_button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(card.start_button, Qt.Key.Key_Return)
    assert card.busy
    assert film.stage.view.hasFocus()
    card.progress.cancel.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(film.stage.toast.isVisible)
    assert film.stage.view.hasFocus()


def test_a_long_name_and_an_estimate_fit_on_the_card_of_an_export(film, tmp_path):
    card = film.stage.export
    name = f"{'Birthday in the garden, ' * 6}2024.mp4"
    card.open(replace(film.player.state().source, name=name), tmp_path, float)
    card.begin()
    card.progress.show_progress(ExportProgress(10, 100, 2.0, 33.8, 1))
    title = next(shown for shown in card.findChildren(QLabel) if "Exporting" in shown.text())
    assert title.fontMetrics().horizontalAdvance(title.shown) <= title.width()
    assert title.text().endswith("2024.mp4")
    assert "· 0:33 left" in shown_text(card)


def test_nothing_chosen_cannot_be_exported(film):
    QTest.keyClick(film, Qt.Key.Key_E)
    film.stage.export.overlay.setChecked(False)
    assert not film.stage.export.start_button.isEnabled()
    QTest.keyClick(film, Qt.Key.Key_Escape)
    assert not film.stage.export.isVisible()
