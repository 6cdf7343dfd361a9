"""A picture behind people in the window: chosen, remembered, lost."""

from __future__ import annotations

import threading

import av
import cv2
import numpy as np
import pytest
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog

from engine.source.backdrop import open_backdrop
from engine.styles import Backdrop
from tests.app.gui import (
    STRICT,
    Film,
    SpySession,
    click,
    only_file,
    shown_index,
    shown_text,
    two_people,
)

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
    window, open_window, settings_file, qtbot, beach
):
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.remembering.save()
    assert "image_bgr" not in settings_file.read_text()
    again = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(again) >= 0 and corner(again) == (200, 120, 10))
    assert all(s.render.backdrop is Backdrop.PICTURE for s in SpySession.configured)


def test_one_that_is_gone_at_the_next_start_is_told_and_the_room_stays_hidden(
    window, open_window, qtbot, beach
):
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.remembering.save()
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


def test_another_one_is_looked_for_where_the_last_one_lies(window, qtbot, beach):
    window.backdrops.use(beach)
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    click(window.panel.look.picture.choose)
    [dialog] = window.findChildren(QFileDialog)
    assert dialog.directory().absolutePath() == str(beach.parent)
    dialog.reject()
    dialog.setParent(None)


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
    assert window.kept.view.backdrop_path == str(beach)


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


@pytest.fixture
def slowly(monkeypatch):
    """Pictures begun to be read; they are only once they are let go."""
    reads, held = [], {}

    def slow(path):
        reads.append(path.name)
        assert held.setdefault(path.name, threading.Event()).wait(10)
        return open_backdrop(path)

    def let_go(name):
        held.setdefault(name, threading.Event()).set()

    monkeypatch.setattr("engine.source.backdrop.open_backdrop", slow)
    yield reads, let_go
    for event in held.values():
        event.set()


@pytest.fixture
def again(window, open_window, qtbot, beach, request):
    """Another window, later, with the beach behind people as soon as it is read."""
    chosen(window, beach, window.panel.look.backdrop.buttons[PICTURE])
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    window.remembering.save()
    request.getfixturevalue("slowly")
    opened = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(opened) >= 0)
    return opened


def test_a_large_one_is_read_once_however_often_it_is_asked_for(again, slowly, qtbot):
    reads, let_go = slowly
    for _ in range(8):  # twice around
        QTest.keyClick(again.stage.view, "g")
    click(again.panel.look.backdrop.buttons[PICTURE])
    let_go("beach with palms.png")
    qtbot.waitUntil(lambda: corner(again) == (200, 120, 10))
    assert len(reads) == 1


def test_one_that_comes_late_is_not_behind_people_if_that_is_not_wanted_any_more(
    again, slowly, qtbot
):
    _, let_go = slowly
    click(again.panel.look.backdrop.buttons[2])
    let_go("beach with palms.png")
    qtbot.waitUntil(lambda: again.options.stored.render.backdrop_picture is not None)
    assert again.options.stored.render.backdrop is Backdrop.COLOUR


def test_the_one_chosen_last_is_shown_whichever_is_read_first(window, slowly, qtbot, tmp_path):
    _, let_go = slowly
    for name, level in (("first.png", 10), ("second.png", 200)):
        cv2.imwrite(str(tmp_path / name), np.full((9, 16, 3), level, np.uint8))
    (tmp_path / "torn.png").write_bytes(b"no picture")
    for name in ("first.png", "torn.png", "second.png"):
        window.backdrops.use(tmp_path / name)
    let_go("second.png")
    qtbot.waitUntil(lambda: corner(window) == (200, 200, 200))
    for name in ("first.png", "torn.png"):
        let_go(name)
    qtbot.waitUntil(lambda: not [t for t in threading.enumerate() if "backdrop" in t.name])
    QTest.qWait(50)
    assert corner(window) == (200, 200, 200)
    assert not window.stage.banner.isVisible()


def test_from_the_choice_on_nothing_of_the_room_is_shown(window, slowly, qtbot, beach):
    _, let_go = slowly
    colour = window.options.stored.render.backdrop_bgr
    window.backdrops.use(beach)
    qtbot.waitUntil(lambda: corner(window) == colour)
    come_to = []
    for _ in range(4):
        QTest.keyClick(window.stage.view, "g")
        come_to.append(index_of(window.panel.look.backdrop))
    assert come_to == [0, 1, 2, PICTURE]
    let_go("beach with palms.png")
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_export_waits_for_it(window, slowly, qtbot, scene, beach, tmp_path, is_whole):
    _, let_go = slowly
    if not is_whole:
        beach.write_bytes(b"no picture")
    window.backdrops.use(beach)
    scene.open_source = lambda _r: Film([two_people()] * 5, fps=20)
    window.export_offer.make()
    for _ in range(2):
        click(window.stage.export.start_button)
    assert not window.exporting.active
    assert "once the picture behind people is read" in window.stage.toast.text
    let_go("beach with palms.png")
    qtbot.waitUntil(lambda: "Export finished" in window.stage.toast.text)
    with av.open(str(only_file(tmp_path / "out", ".mp4"))) as container:
        corners = [f.to_ndarray(format="bgr24")[0, 0] for f in container.decode(video=0)]
    expected = (200, 120, 10) if is_whole else window.options.stored.render.backdrop_bgr
    assert len(corners) == 5
    assert np.abs(np.array(corners, int) - expected).max() < 20
    window.stage.toast.dismiss()
    cv2.imwrite(str(tmp_path / "other.png"), np.full((9, 16, 3), 77, np.uint8))
    let_go("other.png")
    window.backdrops.use(tmp_path / "other.png")
    qtbot.waitUntil(lambda: corner(window) == (77, 77, 77))
    assert not window.exporting.active  # it was wanted once


def test_one_chosen_first_that_cannot_be_read_leaves_one_colour(window, qtbot, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    window.backdrops.use(broken)
    qtbot.waitUntil(lambda: window.stage.banner.isVisible())
    assert "One colour is behind people" in window.stage.banner.text
    assert index_of(window.panel.look.backdrop) == 2
    QTest.keyClick(window.stage.view, "g")
    assert window.options.stored.render.backdrop is Backdrop.KEEP


def test_a_picture_without_a_file_in_the_settings_is_one_colour(open_window, settings_file, qtbot):
    settings_file.write_text("[General]\nversion=1\n[render]\nbackdrop=picture\n")
    opened = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(opened) >= 0)
    assert index_of(opened.panel.look.backdrop) == 2
    assert not opened.panel.look.picture.isVisible()
    assert all(s.render.backdrop is not Backdrop.KEEP for s in SpySession.configured)


def test_its_thumbnail_shows_it_and_its_tip_where_it_is(window, qtbot, beach):
    window.backdrops.use(beach)
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    row = window.panel.look.picture
    shown = row.grab().toImage().pixelColor(30, row.height() // 2)
    assert (shown.blue(), shown.green(), shown.red()) == (200, 120, 10)
    assert str(beach) in row.toolTip()


def test_a_name_of_several_lines_is_one_line(window, qtbot, beach):
    path = beach.with_name("two\nlines.png")
    beach.rename(path)
    window.backdrops.use(path)
    qtbot.waitUntil(lambda: corner(window) == (200, 120, 10))
    assert "two lines.png" in shown_text(window.panel.look.picture)
