"""The section of how people and what is around them are shown."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QApplication

from app.held.options import OptionsModel
from app.shown.controls.look import LookSection
from engine.styles import Backdrop, NewPeople, PersonEffect
from tests.app.gui import STRICT, click

pytestmark = STRICT

KEEP, BLUR, HIDE = 0, 2, 3


@pytest.fixture
def options(qapp):
    return OptionsModel()


@pytest.fixture
def look(options, qtbot):
    section = LookSection(options)
    qtbot.addWidget(section)
    section.show()
    return section


def test_where_everybody_is_concealed_it_says_that_who_is_not_found_is_not(look, options):
    assert not look.not_found.isVisible()
    click(look.effect.buttons[BLUR])
    assert look.not_found.isVisible()
    click(look.backdrop.buttons[1])  # whoever is not found is part of it
    assert not look.not_found.isVisible()
    click(look.backdrop.buttons[KEEP])
    assert look.not_found.isVisible()
    options.update_render(backdrop=Backdrop.COLOUR)
    assert not look.not_found.isVisible()


@pytest.mark.parametrize(
    "conceal",
    [
        lambda options: options.set_style(1, effect=PersonEffect.HIDE),
        lambda options: options.set_only(1),
        lambda options: options.set_new_people(NewPeople.BLUR),
    ],
)
def test_it_says_so_too_where_only_some_are(look, options, conceal):
    conceal(options)
    assert look.not_found.isVisible()


def test_who_is_concealed_moves_no_choice_away_from_the_pointer(open_window):
    """A second click there would choose something else."""
    look = open_window().panel.look
    rows = (look.effect, look.new_people, look.backdrop)

    def places():
        QApplication.processEvents()
        return [row.mapTo(look.window(), QPoint()) for row in rows]

    before = places()
    click(look.effect.buttons[HIDE])
    assert places() == before
    click(look.backdrop.buttons[1])
    assert places() == before
