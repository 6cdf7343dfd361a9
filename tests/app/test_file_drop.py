"""What is dropped on the window opens: films, pictures, links and networks."""

from __future__ import annotations

import sys

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication

from tests.app.gui import STRICT, any_file, shown_index

pytestmark = STRICT


def drop(window, *urls: QUrl) -> None:
    """Drag that over the window and let go."""
    data = QMimeData()
    data.setUrls(urls)
    none, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    left = Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, data, left, none))


def local_files(folder, *names: str) -> list[QUrl]:
    return [QUrl.fromLocalFile(str(any_file(folder, name))) for name in names]


def test_a_file_dropped_on_the_window_opens(open_window, qtbot, scene, tmp_path):
    window = open_window()
    drop(window, *local_files(tmp_path, "film.mp4"))
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == tmp_path / "film.mp4"
    assert not window.stage.banner.isVisible()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_a_dropped_file_whose_name_is_not_unicode_opens(open_window, qtbot, scene, tmp_path):
    path = any_file(tmp_path, b"caf\xe9 %E9.mp4".decode(errors="surrogateescape"))
    window = open_window()
    drop(window, QUrl.fromEncoded(path.as_uri().encode()))
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == path


def test_pictures_dropped_together_open_in_the_order_of_a_folder(
    open_window, qtbot, scene, tmp_path
):
    window = open_window()
    drop(window, *local_files(tmp_path, "img10.png", "img9.JPG"))
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == (tmp_path / "img9.JPG", tmp_path / "img10.png")
    assert window.header.source.name == "2 pictures"
    assert not window.stage.banner.isVisible()


@pytest.mark.parametrize("second", ["b.mp4", "photo.jpg"])
def test_of_films_dropped_together_the_first_opens_and_the_rest_is_spoken_of(
    open_window, qtbot, scene, tmp_path, second
):
    window = open_window()
    drop(window, *local_files(tmp_path, "a.mp4", second, "c.mp4"))
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert [request.spec for request in scene.requests] == [tmp_path / "a.mp4"]
    assert window.stage.banner.isVisible()
    assert "Only a.mp4 was opened" in window.stage.banner.text
    assert "The other 2 were left out" in window.stage.banner.text


def test_a_link_dropped_on_the_window_opens_as_an_address(open_window, qtbot, scene):
    window = open_window()
    drop(window, QUrl("https://example.org/a film.mp4?t=1"))
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == "https://example.org/a%20film.mp4?t=1"
    assert scene.requests[0].is_address


def test_what_is_no_file_and_no_link_is_not_taken(open_window):
    window, data = open_window(), QMimeData()
    data.setUrls([QUrl("mailto:somebody@example.org")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, left, none)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_a_model_file_dropped_becomes_the_network(open_window, qtbot, scene, tmp_path):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0 and window.panel.model.model.count() == 4)
    path = any_file(tmp_path, "mine.onnx")
    window.sources.open_path(path)
    qtbot.waitUntil(lambda: len(scene.runtimes) == 2)
    assert scene.runtimes[1].model == str(path)
    assert window.panel.model.model.currentText() == "mine.onnx"
    assert len(scene.requests) == 1
