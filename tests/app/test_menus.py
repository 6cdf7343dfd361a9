"""What menus and lists offer, and where they open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog, QMenu, QTreeView

from app.basics.theme import colour
from tests.app.contrast import pixels_of
from tests.app.gui import STRICT, Film, any_file, click, listed_ids, two_people

pytestmark = STRICT


def test_a_source_is_closed_from_the_menu_only_while_one_is_open(open_window, qtbot):
    window = open_window()
    close = window.actions_by_name["close_source"]
    assert close not in window.header.menu.actions()
    window.sources.open_demo()
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 1)
    assert close in window.header.menu.actions()
    close.trigger()
    assert close not in window.header.menu.actions()


def test_the_menu_of_speeds_opens_above_its_button_with_the_one_that_is(film, qtbot):
    speed = film.transport.speed
    film.playing.set_speed(2.0)
    click(speed)
    menu = QApplication.activePopupWidget()
    qtbot.waitUntil(menu.isVisible)
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["2×"]
    assert menu.geometry().bottom() <= speed.mapToGlobal(QPoint(0, 0)).y()
    [half] = [action for action in menu.actions() if action.text() == "0.5×"]
    half.trigger()
    menu.close()
    assert film.player.playback.speed == 0.5


def test_keys_show_where_they_are_in_a_list_that_is_open(open_window, qtbot):
    combo = open_window().panel.model.provider
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    combo.showPopup()
    view = combo.view()
    qtbot.waitUntil(view.isVisible)
    QTest.keyClick(view, Qt.Key.Key_Down)
    marked = colour("control_hover")
    rgb = (marked.red(), marked.green(), marked.blue())
    place = view.visualRect(view.currentIndex())
    rows = pixels_of(view.viewport())[place.top() : place.bottom()]
    assert (rows == rgb).all(axis=2).sum() > 200
    combo.hidePopup()


def marked_pixels(menu: QMenu, action: QAction) -> int:
    """How many pixels of an entry have the ground of the one that the keys are on."""
    marked = colour("control_hover")
    place = menu.actionGeometry(action)
    rows = pixels_of(menu)[place.top() : place.bottom(), place.left() : place.right()]
    return int((rows == (marked.red(), marked.green(), marked.blue())).all(axis=2).sum())


def test_with_a_submenu_open_only_its_own_entry_is_where_the_keys_are(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    window.menus.open(1, window.mapToGlobal(QPoint(200, 200)))
    menu = QApplication.activePopupWidget()
    qtbot.waitUntil(menu.isVisible)
    [entry] = [action for action in menu.actions() if action.text() == "Colour"]
    while menu.activeAction() is not entry:
        QTest.keyClick(menu, Qt.Key.Key_Down)
    assert marked_pixels(menu, entry) > 200
    QTest.keyClick(menu, Qt.Key.Key_Right)
    colours = entry.menu()
    qtbot.waitUntil(lambda: colours.isVisible() and colours.activeAction() is not None)
    assert marked_pixels(colours, colours.activeAction()) > 200
    assert marked_pixels(menu, entry) == 0
    QTest.keyClick(colours, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: not colours.isVisible())
    assert marked_pixels(menu, entry) > 200
    menu.close()


def test_a_name_that_is_typed_has_the_room_of_the_confidence(open_window, qtbot, scene):
    scene.open_source = lambda _r: Film([two_people()] * 2, fps=1)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: len(listed_ids(window)) == 2)
    row = window.panel.people.rows[0]
    window.naming.rename(row.track_id)
    assert not row.score.isVisible()
    QTest.keyClick(row.name.line, Qt.Key.Key_Escape)
    assert row.score.isVisible()


def test_a_dialog_for_files_is_no_larger_than_the_window_and_has_our_icons(open_window, tmp_path):
    window = open_window()
    window.resize(window.minimumSize())
    window.kept.change_view(last_dir=str(tmp_path))
    window.choosing.choose_file()
    [dialog] = window.findChildren(QFileDialog)
    assert dialog.width() <= window.width()
    [up] = [button for button in dialog.children() if button.objectName() == "toParentButton"]
    light = pixels_of(up).max()
    dialog.reject()
    assert light > 200, "black on the dark ground"


def test_a_dialog_for_files_cuts_off_no_kind_and_no_date(open_window, qtbot, tmp_path):
    window = open_window(any_file(tmp_path))
    window.choosing.choose_file()
    [dialog] = window.findChildren(QFileDialog)
    shown = dialog.findChild(QTreeView)
    model, metrics = shown.model(), shown.fontMetrics()
    qtbot.waitUntil(lambda: model.rowCount(shown.rootIndex()) == 1)
    for column in range(4):
        text = model.index(0, column, shown.rootIndex()).data()
        needed = metrics.horizontalAdvance(text)
        qtbot.waitUntil(lambda c=column, px=needed: shown.columnWidth(c) > px)
    [kinds] = [box for box in dialog.findChildren(QComboBox) if box.count() == 4]
    dialog.reject()
    assert kinds.itemText(0) == "Videos and pictures"


@pytest.mark.parametrize("name", ["phone.HEIC", "web.avif", "scan.jp2", "tape.m2ts", "a.gif"])
def test_a_dialog_for_files_shows_all_that_a_folder_would_be_searched_for(open_window, name):
    window = open_window()
    window.choosing.choose_file()
    [dialog] = window.findChildren(QFileDialog)
    shown = dialog.nameFilters()[0]
    dialog.reject()
    assert f"*{Path(name).suffix.lower()}" in re.findall(r"\*\.\w+", shown)


def asked_in(window) -> Path:
    """Where the dialog for files begins."""
    window.choosing.choose_file()
    [dialog] = window.findChildren(QFileDialog)
    folder = Path(dialog.directory().absolutePath())
    dialog.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return folder


def test_a_file_is_looked_for_where_the_last_one_was(open_window, tmp_path, monkeypatch):
    """However that was opened; and at home if that folder is gone."""
    for name in ("given", "dropped", "several"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "given")
    window = open_window(Path("film.mp4"))
    assert window.kept.view.last_dir == str(tmp_path / "given")
    monkeypatch.chdir(tmp_path)
    assert asked_in(window) == tmp_path / "given"
    window.sources.open_together([tmp_path / "dropped" / "film.mp4"])
    assert asked_in(window) == tmp_path / "dropped"
    window.sources.open_together([tmp_path / "several" / name for name in ("b.png", "a.png")])
    assert asked_in(window) == tmp_path / "several"
    window.sources.open_demo()
    assert asked_in(window) == tmp_path / "several"
    (tmp_path / "several").rmdir()
    assert asked_in(window) == Path.home()


def test_a_film_given_by_its_name_alone_counts_as_well(open_window, tmp_path):
    window = open_window(str(tmp_path / "img_%03d.png"))
    assert asked_in(window) == tmp_path
