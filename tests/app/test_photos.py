"""A picture, and a folder of photos that the user goes through."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from engine.board import Phase
from engine.source.images import ImagesSource, pictures_in
from tests.app.gui import STRICT, Film, click, phase, shown_index, shown_text, walk
from tests.fakes import FakePredictor, coloured_box_image

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


def test_a_picture_is_never_said_to_play_nor_to_show_nobody_before_it_is_there(
    open_window, qtbot, scene
):
    release, said = threading.Event(), set()
    scene.open_predictor = lambda _r: FakePredictor(lambda _frame: release.wait(30))
    scene.open_source = lambda _r: Film(walk(1), pictures=(Path("photo.png"),))
    window = open_window("photo.png")
    window.player.changed.connect(lambda _state: said.add(window.header.status.text()))
    qtbot.waitUntil(lambda: phase(window) is Phase.RUNNING)
    assert "Nobody" not in shown_text(window.panel.people)
    release.set()
    qtbot.waitUntil(lambda: window.header.status.text() == "Picture")
    assert "Playing" not in said


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


def real_photos(folder: Path, damaged: Sequence[int], count: int = 6) -> ImagesSource:
    """Photos of which some are damaged."""
    for number in range(count):
        path = folder / f"IMG_{number}.png"
        cv2.imwrite(str(path), coloured_box_image(8))
        if number in damaged:
            path.write_bytes(b"no picture")
    return ImagesSource(pictures_in(folder), name=folder.name)


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        ([0], "IMG_0.png is not a picture, or is damaged. It is left out."),
        ([5], "IMG_5.png is not a picture, or is damaged. It is left out."),
        ([1, 2, 3, 4], "4 pictures cannot be read and are left out. IMG_1.png is"),
    ],
)
def test_photos_that_cannot_be_read_are_named(open_window, qtbot, scene, tmp_path, damaged, told):
    scene.open_source = lambda _r: real_photos(tmp_path, damaged)
    window = open_window(tmp_path)
    banner = window.stage.banner
    qtbot.waitUntil(lambda: banner.text.startswith(told))
    banner.dismiss()
    QTest.keyClick(window, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown_index(window) == max({0, 1, 2, 3, 4, 5} - set(damaged)))
    assert not banner.isVisible(), "told once"


def test_an_export_names_the_photos_that_are_not_in_it(open_window, qtbot, scene, tmp_path):
    (tmp_path / "in").mkdir()
    scene.open_source = lambda _r: real_photos(tmp_path / "in", [2])
    window = open_window(tmp_path / "in")
    banner = window.stage.banner
    qtbot.waitUntil(banner.isVisible)
    banner.dismiss()
    window.actions_by_name["export"].trigger()
    click(window.stage.export.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    assert banner.isVisible()
    assert "IMG_2.png" in banner.text
    assert len(list((tmp_path / "out").glob("*/*.png"))) == 5


def test_figures_of_speed_do_not_cover_photos(photos, qtbot):
    assert photos.kept.view.hud
    assert not photos.stage.hud.isVisible()
    assert not photos.transport.hud.isVisible()
