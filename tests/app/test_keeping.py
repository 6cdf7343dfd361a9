"""Recordings, screenshots and exports: they end up as files that other programs read."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from app import virtual_camera
from engine.config import PersonEffect
from engine.errors import SourceLost
from tests.app.gui import STRICT, Film, LiveCamera, click, raising, shown_index, walk
from tests.fakes import FakePredictor, MemorySink, coloured_box_image

pytestmark = STRICT


def frames_in(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def only_file(folder: Path, ending: str) -> Path:
    found = list(folder.glob(f"*{ending}"))
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def live(open_window, qtbot, scene):
    """A window that shows a camera."""
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window


@pytest.fixture
def film(open_window, qtbot, scene, tmp_path):
    """A window that shows a file of 60 frames."""
    path = tmp_path / "walk.mp4"
    scene.open_source = lambda _r: Film(walk(60), path=path, name="walk.mp4")
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window


def test_a_recording_shows_its_time_and_becomes_a_file(live, qtbot, tmp_path):
    QTest.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.2")
    assert live.transport.record.isChecked()
    click(live.transport.record)
    qtbot.waitUntil(live.stage.toast.isVisible)
    assert "Recording saved" in live.stage.toast.text
    assert live.stage.toast.buttons[0].text() == "Show in folder"
    assert not live.transport.recorded.isVisible()
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 5


def test_quitting_while_recording_finishes_the_file(live, qtbot, tmp_path):
    click(live.transport.record)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.2")
    live.close()
    assert live.isVisible()
    assert "Finishing" in live.stage.banner.text
    qtbot.waitUntil(lambda: live.closed, timeout=3000)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 5


def test_another_source_finishes_the_recording(live, qtbot, scene, tmp_path):
    click(live.transport.record)
    qtbot.waitUntil(lambda: live.transport.recorded.text() >= "0:00.1")
    live.sources.open_demo()
    qtbot.waitUntil(live.stage.toast.isVisible)
    assert not live.keeping.recording.active
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 2


def test_an_unplugged_camera_leaves_the_recording_finished(open_window, qtbot, scene, tmp_path):
    scene.open_source = lambda _r: LiveCamera(fail_after=40)
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    click(window.transport.record)
    qtbot.waitUntil(window.stage.toast.isVisible)
    assert "does not answer" in window.stage.banner.text
    assert not window.transport.recorded.isVisible()
    assert frames_in(only_file(tmp_path / "out", ".mp4")) >= 1


def test_recording_starts_by_itself_when_the_command_line_asks(open_window, qtbot, scene, tmp_path):
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0, record=tmp_path / "live.mp4")
    qtbot.waitUntil(lambda: window.transport.recorded.text() >= "0:00.1")
    window.close()
    qtbot.waitUntil(lambda: window.closed, timeout=3000)
    assert frames_in(tmp_path / "live.mp4") >= 2


def test_a_folder_that_cannot_be_written_is_told_at_once(live, qtbot, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    live.change_view(output_dir=str(blocked))
    click(live.transport.record)
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert live.stage.banner.buttons[0].text() == "Choose folder…"
    assert not live.transport.record.isChecked()
    live.stage.banner.dismiss()
    click(live.transport.shot)
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert not live.keeping.writing


def test_a_screenshot_is_the_picture_on_the_screen_with_and_without_overlay(film, qtbot, tmp_path):
    film.pause()
    film.player.seek(0.4)
    qtbot.waitUntil(lambda: shown_index(film) == 20)
    film.panel.saving.clean.click()
    QTest.keyClick(film, Qt.Key.Key_S)
    qtbot.waitUntil(film.stage.toast.isVisible)
    shown, plain = sorted((tmp_path / "out").glob("*.png"), key=lambda p: "plain" in p.name)
    result = film.stage.view.result
    np.testing.assert_array_equal(cv2.imread(str(shown)), result.image_bgr)
    np.testing.assert_array_equal(cv2.imread(str(plain)), result.frame.image_bgr)


def test_an_export_writes_every_frame_masks_and_json(film, qtbot, tmp_path):
    QTest.keyClick(film, Qt.Key.Key_E)
    card = film.stage.export
    assert card.isVisible()
    card.masks.setChecked(True)
    card.json.setChecked(True)
    click(card.start_button)
    qtbot.waitUntil(film.stage.toast.isVisible)
    assert "Export finished" in film.stage.toast.text
    assert not card.isVisible()
    out = tmp_path / "out"
    assert frames_in(only_file(out, ".mp4")) == 60
    (masks,) = [path for path in out.iterdir() if path.is_dir()]
    assert len(list(masks.glob("*.png"))) == 60
    assert len(json.loads(only_file(out, ".json").read_text())["images"]) == 60


def test_nothing_chosen_cannot_be_exported(film):
    QTest.keyClick(film, Qt.Key.Key_E)
    film.stage.export.video.setChecked(False)
    assert not film.stage.export.start_button.isEnabled()
    QTest.keyClick(film, Qt.Key.Key_Escape)
    assert not film.stage.export.isVisible()


def test_a_cancelled_export_keeps_what_was_written(film, qtbot, scene, tmp_path):
    gate = threading.Event()
    scene.open_predictor = lambda _r: FakePredictor(
        lambda frame: gate.wait() if frame.index == 20 else None
    )
    film.actions_by_name["export"].trigger()
    card = film.stage.export
    click(card.start_button)
    qtbot.waitUntil(lambda: card.bar.value() >= 15)
    assert "of 60 frames" in card._counts.text()
    click(card.cancel_button)
    assert not card.cancel_button.isEnabled()
    gate.set()
    qtbot.waitUntil(lambda: "cancelled" in film.stage.toast.text)
    assert 15 <= frames_in(only_file(tmp_path / "out", ".mp4")) < 60


def test_an_export_that_fails_says_why(film, qtbot, scene):
    scene.open_source = raising(SourceLost("The disk is gone.", "Connect it."))
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(film.stage.banner.isVisible)
    assert "The disk is gone." in film.stage.banner.text
    assert not film.keeping.writing


def test_an_export_that_fails_unexpectedly_is_not_called_cancelled(film, qtbot, scene):
    def fail(frame):
        if frame.index == 20:
            raise RuntimeError("no memory is left")

    scene.open_predictor = lambda _r: FakePredictor(fail)
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(film.stage.banner.isVisible)
    assert "no memory is left" in film.stage.banner.text
    assert not film.keeping.writing


@pytest.fixture
def exporting(film, qtbot, scene):
    """A window with an export that waits in the middle, and what lets it go on."""
    gate = threading.Event()
    scene.open_predictor = lambda _r: FakePredictor(
        lambda frame: gate.wait(10) if frame.index == 20 else None
    )
    film.actions_by_name["export"].trigger()
    click(film.stage.export.start_button)
    qtbot.waitUntil(lambda: film.stage.export.bar.value() >= 2)
    yield film, gate
    gate.set()
    film.quitter.begin()


def test_quitting_while_exporting_asks_and_finishes_the_file(exporting, qtbot, tmp_path):
    film, gate = exporting
    film.close()
    assert "export is running" in film.stage.banner.text
    assert not film.stage.export.isHidden()
    click(film.stage.banner.buttons[1])
    gate.set()
    qtbot.waitUntil(lambda: film.closed, timeout=3000)
    assert 2 <= frames_in(only_file(tmp_path / "out", ".mp4")) < 60


def test_quitting_twice_while_exporting_is_an_answer(exporting, qtbot):
    film, gate = exporting
    film.close()
    film.close()
    gate.set()
    qtbot.waitUntil(lambda: film.closed, timeout=3000)


def test_an_export_may_finish_before_the_window_closes(exporting, qtbot, tmp_path):
    film, gate = exporting
    film.close()
    click(film.stage.banner.buttons[0])
    gate.set()
    qtbot.waitUntil(lambda: "Export finished" in film.stage.toast.text)
    assert frames_in(only_file(tmp_path / "out", ".mp4")) == 60
    assert not film.stage.banner.isVisible()
    film.close()
    qtbot.waitUntil(lambda: film.closed, timeout=3000)


def test_a_virtual_camera_without_its_package_says_how_to_get_it(live, qtbot, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    live.panel.saving.camera.click()
    qtbot.waitUntil(live.stage.banner.isVisible)
    assert "pyvirtualcam" in live.stage.banner.text
    assert not live.panel.saving.camera.isChecked()


def test_the_virtual_camera_follows_from_source_to_source(live, qtbot, monkeypatch):
    sinks = []
    monkeypatch.setattr(
        virtual_camera, "open_virtual_camera", lambda: sinks.append(MemorySink()) or sinks[-1]
    )
    live.panel.saving.camera.click()
    qtbot.waitUntil(lambda: bool(sinks) and len(sinks[0].results) > 2)
    live.sources.open_demo()
    qtbot.waitUntil(lambda: len(sinks) == 2 and len(sinks[1].results) > 2)
    assert sinks[0].close_count == 1
    live.panel.saving.camera.click()
    qtbot.waitUntil(lambda: sinks[1].close_count == 1)


def test_an_export_hides_whom_the_window_hides(open_window, qtbot, scene, tmp_path):
    left, right = coloured_box_image(8, 220), coloured_box_image(80, 120)
    path = tmp_path / "two.mp4"
    scene.open_source = lambda _r: Film([left] * 30 + [right] * 30, fps=10, path=path, name="two")
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.pause()
    window.player.seek(4.0)
    qtbot.waitUntil(lambda: shown_index(window) == 40)
    hidden = window.stage.view.result.instances.track_ids.tolist()[0]
    window.options.set_style(hidden, effect=PersonEffect.HIDE)
    window.player.seek(0.0)
    qtbot.waitUntil(lambda: shown_index(window) == 0)
    window.actions_by_name["export"].trigger()
    window.stage.export.json.setChecked(True)
    click(window.stage.export.start_button)
    qtbot.waitUntil(window.stage.toast.isVisible)
    people = json.loads(only_file(tmp_path / "out", ".json").read_text())["annotations"]
    assert people[-1]["track_id"] == hidden != people[0]["track_id"]
