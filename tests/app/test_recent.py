"""What was shown before is offered again, but no secret is kept."""

from __future__ import annotations

from itertools import combinations

import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget

from app.acting.recent import MOST
from app.held.backend import SourceRequest
from engine.errors import SourceUnreadable
from tests.app.gui import STRICT, Film, LiveCamera, any_file, click, raising, shown_index, walk

pytestmark = STRICT


@pytest.fixture
def show(qtbot, scene):
    """Opens something in a window and waits for its first picture."""

    def opened(window, spec, camera=False):
        scene.open_source = lambda _r: LiveCamera() if camera else Film(walk(60), name=str(spec))
        count = len(scene.requests)
        window.sources.open(SourceRequest(spec))
        qtbot.waitUntil(lambda: len(scene.requests) > count and shown_index(window) >= 0)

    return opened


def offered(window):
    """Titles in the menu of sources, between the cameras and "Forget these"."""
    titles = [action.text() for action in window.header.menu.actions()]
    if "Forget these" not in titles:
        return []
    begin = titles.index("Look for cameras again") + 2
    return titles[begin : titles.index("Forget these")]


def entry(window, title):
    return next(a for a in window.header.menu.actions() if a.text() == title)


def test_films_and_addresses_are_offered_the_last_one_first(open_window, show, tmp_path):
    window = open_window()
    assert offered(window) == []
    show(window, any_file(tmp_path, "one.mp4"))
    show(window, "rtsp://cam.local/door")
    show(window, any_file(tmp_path, "two.mp4"))
    show(window, tmp_path / "one.mp4")
    assert offered(window) == ["one.mp4", "two.mp4", "rtsp://cam.local/door"]


def test_cameras_the_demo_and_addresses_with_secrets_are_not_kept(open_window, show, settings_file):
    window = open_window()
    show(window, 0, camera=True)
    show(window, "demo")
    show(window, "rtsp://me:secret@cam.local/door")
    show(window, "https://films.local/a.mp4?token=secret")
    assert offered(window) == []
    window.remembering.save()
    assert "secret" not in settings_file.read_text()


def test_pictures_dropped_together_and_names_of_several_lines_are_not_kept(
    open_window, show, tmp_path
):
    window = open_window()
    show(window, (any_file(tmp_path, "a.png"), any_file(tmp_path, "b.png")))
    show(window, any_file(tmp_path, "two\nlines.mp4"))
    assert offered(window) == []
    show(window, any_file(tmp_path, "one.mp4"))
    assert offered(window) == ["one.mp4"]


def test_one_named_from_the_folder_one_is_in_is_found_from_everywhere(
    open_window, show, qtbot, scene, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    window = open_window()
    show(window, any_file(tmp_path, "one.mp4").name)
    entry(window, "one.mp4").trigger()
    qtbot.waitUntil(lambda: scene.requests[-1].spec == tmp_path / "one.mp4")
    assert offered(window) == ["one.mp4"]


def test_what_cannot_be_opened_is_not_offered(open_window, qtbot, scene, tmp_path):
    scene.open_source = raising(SourceUnreadable("It is no film.", "Choose another."))
    window = open_window(any_file(tmp_path, "broken.mp4"))
    qtbot.waitUntil(lambda: window.stage.banner.isVisible())
    assert offered(window) == []


def test_one_that_is_chosen_is_opened(open_window, show, qtbot, scene, tmp_path):
    window = open_window()
    show(window, any_file(tmp_path, "one.mp4"))
    show(window, any_file(tmp_path, "two.mp4"))
    entry(window, "one.mp4").trigger()
    qtbot.waitUntil(lambda: scene.requests[-1].spec == tmp_path / "one.mp4")
    assert "one.mp4" in window.windowTitle()


def test_they_are_there_at_the_next_start_on_the_start_page_too(
    open_window, show, qtbot, scene, tmp_path
):
    window = open_window()
    show(window, any_file(tmp_path, "two & two.mp4"))
    window.remembering.save()
    again = open_window()
    assert offered(again) == ["two && two.mp4"]
    empty = again.stage.empty
    [button] = [b for b in empty.findChildren(type(empty.demo_button)) if "two" in b.text()]
    assert button.isVisible()
    assert button.text() == "two && two"
    assert button.accessibleName() == "Open two & two.mp4 again"
    click(button)
    qtbot.waitUntil(lambda: shown_index(again) >= 0)
    assert scene.requests[-1].spec == tmp_path / "two & two.mp4"


@pytest.mark.parametrize("height", [160, 195, 230, 260, 288])
def test_on_a_low_start_page_nothing_lies_upon_anything_else(open_window, show, tmp_path, height):
    window = open_window()
    show(window, any_file(tmp_path, "one.mp4"))
    window.sources.close()
    empty = window.stage.empty
    empty.setFixedSize(400, height)
    QApplication.processEvents()
    parts = [w for w in empty.findChildren(QWidget) if w.isVisible() and w.height() > 1]
    rects = [QRect(part.mapTo(empty, QPoint()), part.size()) for part in parts]
    assert all(empty.rect().contains(rect) for rect in rects)
    parents = {part.parentWidget() for part in parts}
    apart = [r for part, r in zip(parts, rects, strict=True) if part not in parents]
    assert not any(a.intersects(b) for a, b in combinations(apart, 2))
    assert any("one" in part.text() for part in parts if isinstance(part, QPushButton)) == (
        height >= 200
    )


def test_names_on_a_narrow_start_page_are_shortened_and_not_cut_off(open_window, show, tmp_path):
    window = open_window()
    for name in ("juggler with audio", "two children in a bedroom", "one by one walking"):
        show(window, any_file(tmp_path, f"{name}.mp4"))
    window.sources.close()
    empty = window.stage.empty
    empty.setFixedWidth(400)
    QApplication.processEvents()
    buttons = [b for b in empty.findChildren(QPushButton) if b.isVisible()][3:]
    assert len(buttons) == 3
    for one in buttons:
        assert one.width() >= one.sizeHint().width()
        assert one.text().endswith("…")
        assert len(one.text()) > 5


def test_the_start_page_leaves_out_endings_of_files_but_nothing_of_a_name(
    open_window, show, tmp_path
):
    window = open_window()
    (tmp_path / "12.05 Birthday").mkdir()
    show(window, "rtsp://cam.local/door.mp4")
    show(window, tmp_path / "12.05 Birthday")
    show(window, any_file(tmp_path, "24.12 Evening.MP4"))
    window.sources.close()
    QApplication.processEvents()
    shown = [b.text() for b in window.stage.empty.findChildren(QPushButton) if b.isVisible()]
    assert shown[3:5] == ["24.12 Evening", "12.05 Birthday"]
    assert shown[5].startswith("rtsp://cam")


def test_of_two_with_the_same_name_the_folders_are_told(open_window, show, tmp_path):
    window = open_window()
    for folder in ("june", "july"):
        (tmp_path / folder).mkdir()
        show(window, any_file(tmp_path / folder, "walk.mp4"))
    show(window, any_file(tmp_path, "other.mp4"))
    assert offered(window) == ["other.mp4", "walk.mp4 – july", "walk.mp4 – june"]


def test_no_more_than_a_handful_and_none_when_they_are_forgotten(open_window, show, tmp_path):
    window = open_window()
    for number in range(MOST + 2):
        show(window, any_file(tmp_path, f"{number}.mp4"))
    assert offered(window) == [f"{number}.mp4" for number in range(MOST + 1, 1, -1)]
    window.sources.close()
    empty = window.stage.empty
    empty.setFixedHeight(260)
    QApplication.processEvents()
    assert [b.text() for b in empty.findChildren(QPushButton) if b.isVisible()][3:] == [
        f"{MOST + 1}", f"{MOST}", f"{MOST - 1}"
    ]  # fmt: skip
    assert not empty._mark.isVisible()
    entry(window, "Forget these").trigger()
    assert offered(window) == []
    assert window.kept.view.recent == ""
    assert empty._mark.isVisible()


def test_what_another_window_forgot_stays_forgotten_and_what_it_showed_is_kept(
    open_window, show, tmp_path
):
    one = open_window()
    show(one, any_file(tmp_path, "secret.mp4"))
    one.remembering.save()
    other = open_window()
    entry(other, "Forget these").trigger()
    other.remembering.save()
    show(one, any_file(tmp_path, "new.mp4"))
    assert offered(one) == ["new.mp4"]
    show(one, any_file(tmp_path, "next.mp4"))
    assert offered(one) == ["next.mp4", "new.mp4"]
    one.remembering.save()
    show(other, any_file(tmp_path, "newer.mp4"))
    other.remembering.save()
    assert offered(other) == ["newer.mp4", "next.mp4", "new.mp4"]
    assert offered(open_window()) == ["newer.mp4", "next.mp4", "new.mp4"]
