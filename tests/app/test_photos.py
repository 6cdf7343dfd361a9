"""A picture, and a folder of photos that the user goes through."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from engine.board import Phase
from tests.app.gui import STRICT, Film, phase, shown_index, walk

pytestmark = STRICT


@pytest.fixture
def photos(open_window, qtbot, scene):
    """A window with a folder of three photos."""
    files = tuple(Path(f"photos/IMG_{n}.jpg") for n in (1, 2, 3))
    scene.open_source = lambda _r: Film(walk(3), fps=1, pictures=files)
    window = open_window("photos")
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    return window


def test_a_picture_has_no_controls_of_films(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(1), detail="PNG", pictures=(Path("photo.png"),))
    window = open_window("photo.png")
    qtbot.waitUntil(lambda: window.header.status.text() == "Picture")
    assert not window.transport.seek.isVisible()
    assert not window.transport.play.isVisible()
    assert window.transport.shot.isEnabled()


def test_photos_of_a_folder_stand_until_the_user_goes_on(photos, qtbot):
    qtbot.waitUntil(lambda: phase(photos) is Phase.PAUSED)
    assert photos.transport.position.text() == "1 / 3"
    assert photos.transport.source_text.text() == "IMG_1.jpg"
    QTest.keyClick(photos, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: photos.transport.source_text.text() == "IMG_2.jpg")
    assert photos.transport.position.text() == "2 / 3"
    QTest.keyClick(photos, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_index(photos) == 0)
    QTest.keyClick(photos, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_index(photos) == 2)
    assert photos.transport.seek.x_of(2) == photos.transport.seek.width() - 8


def test_photos_can_still_be_played_one_after_the_other(photos, qtbot):
    QTest.keyClick(photos, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_index(photos) == 2)


def test_figures_of_speed_do_not_cover_photos(photos, qtbot):
    assert photos.view_options.hud
    assert not photos.stage.hud.isVisible()
    assert not photos.transport.hud.isVisible()
