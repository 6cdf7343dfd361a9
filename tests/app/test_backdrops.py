"""A picture behind people in the window: chosen, remembered, lost."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog

from engine.source.backdrop import open_backdrop
from engine.styles import Backdrop
from tests.app.gui import STRICT, Film, SpySession, click, shown_index, shown_text, two_people

pytestmark = STRICT

PICTURE = 3
"""Index of the choice among the backdrops."""


@pytest.fixture
def beach(tmp_path):
    """A picture in one colour that occurs nowhere else."""
    path = tmp_path / "beach with palms.png"
    cv2.imwrite(str(path), np.full((90, 160, 3), (200, 120, 10), np.uint8))
    return path


@pytest.fixture
def window(open_window, qtbot, scene):
    """A window that shows two people."""
    scene.open_source = lambda _r: Film([two_people()] * 400, fps=20)
    opened = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(opened) >= 0)
    return opened


def chosen(window, path, button):
    """Press the button and choose the file."""
    click(button)
    [dialog] = window.findChildren(QFileDialog)
    if path is not None:
        dialog.fileSelected.emit(str(path))
    dialog.reject()
    dialog.setParent(None)


def corner(window):
    """Colour where nobody is, as shown."""
    return tuple(window.stage.view.result.image_bgr[0, 0].tolist())


def index_of(segments):
    return [button.isChecked() for button in segments.buttons].index(True)


def test_a_picture_chosen_from_the_disk_comes_behind_people(window, qtbot, beach):
    look = window.panel.look
    chosen(window, beach, look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    assert index_of(look.backdrop) == PICTURE
    assert look.picture.isVisible()
    assert "beach" in shown_text(look.picture)
    click(look.backdrop.buttons[0])
    qtbot.waitUntil(lambda: corner(window) != (200, 120, 10))
    assert not look.picture.isVisible()
    click(look.backdrop.buttons[PICTURE])  # known now: nobody is asked
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))


def test_whoever_closes_the_dialog_keeps_the_backdrop_there_was(window):
    look = window.panel.look
    click(look.backdrop.buttons[1])
    chosen(window, None, look.backdrop.buttons[PICTURE])
    assert window.options.stored.render.backdrop is Backdrop.BLUR
    assert index_of(look.backdrop) == 1


def test_it_is_behind_people_at_the_next_start_and_nothing_of_the_room_before(
    window, open_window, qtbot, beach
):
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.save_preferences()
    again = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(again) >= 0 and corner(again) == (200, 120, 10))
    assert all(s.render.backdrop is Backdrop.PICTURE for s in SpySession.configured)


def test_one_that_is_gone_at_the_next_start_is_told_and_the_room_stays_hidden(
    window, open_window, qtbot, beach
):
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.save_preferences()
    beach.unlink()
    again = open_window("film.mp4")
    banner = again.stage.banner
    qtbot.waitUntil(lambda: shown_index(again) >= 0 and banner.isVisible())
    assert "palms.png" in banner.text
    assert "One colour is behind people" in banner.text
    flat = again.options.stored.render.backdrop_bgr
    qtbot.waitUntil(lambda: corner(again) == flat)
    other = beach.with_name("other.png")
    cv2.imwrite(str(other), np.full((9, 16, 3), 77, np.uint8))
    chosen(again, other, banner.buttons[0])
    qtbot.waitUntil(lambda: corner(again) == (77, 77, 77))


def test_one_that_cannot_be_read_leaves_the_one_before(window, qtbot, beach, tmp_path):
    look = window.panel.look
    chosen(window, beach, look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    chosen(window, broken, look.picture.choose)
    banner = window.stage.banner
    qtbot.waitUntil(lambda: banner.isVisible())
    assert "broken.jpg is not a picture" in banner.text
    assert "The picture before is behind people" in banner.text
    assert corner(window) == (200, 120, 10)
    assert window.view_options.backdrop_path == str(beach)


def test_the_key_for_the_next_backdrop_comes_to_it_once_there_is_one(window, qtbot, beach):
    def next_backdrop():
        QTest.keyClick(window.stage.view, "g")
        return window.options.stored.render.backdrop

    without = [next_backdrop() for _ in range(3)]
    assert without == [Backdrop.BLUR, Backdrop.COLOUR, Backdrop.KEEP]
    window.backdrops.use(beach)
    qtbot.waitUntil(lambda: window.options.stored.render.backdrop is Backdrop.PICTURE)
    assert [next_backdrop() for _ in range(4)][-1] is Backdrop.PICTURE
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))


def test_a_large_one_is_read_once_however_often_it_is_asked_for(
    window, open_window, qtbot, beach, monkeypatch
):
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.save_preferences()
    reads, may_go_on = [], threading.Event()

    def slow(path):
        reads.append(path)
        assert may_go_on.wait(10)
        return open_backdrop(path)

    monkeypatch.setattr("engine.source.backdrop.open_backdrop", slow)
    again = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(again) >= 0 and bool(reads))
    for _ in range(8):  # twice around
        QTest.keyClick(again.stage.view, "g")
    click(again.panel.look.backdrop.buttons[PICTURE])
    may_go_on.set()
    qtbot.waitUntil(lambda: corner(again) == (200, 120, 10))
    assert len(reads) == 1


def test_a_name_of_several_lines_is_one_line(window, qtbot, beach):
    path = beach.with_name("two\nlines.png")
    beach.rename(path)
    window.backdrops.use(path)
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    assert "two lines.png" in shown_text(window.panel.look.picture)
