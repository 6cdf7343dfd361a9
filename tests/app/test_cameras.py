"""Cameras in the window: listed, opened, and opened again in another size or as a mirror."""

from __future__ import annotations

from dataclasses import replace

from app.held.backend import Entry
from tests.app.gui import STRICT, LiveCamera, click, shown_index

pytestmark = STRICT


def test_the_first_camera_of_the_list_opens_under_its_name(open_window, qtbot, scene):
    scene.cameras = [Entry(4, "HD Webcam"), Entry(6, "Other")]
    scene.open_source = lambda _r: LiveCamera(detail="MJPG 128×96 at 50")
    window = open_window()
    click(window.stage.empty.camera_button)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert scene.requests[0].spec == 4
    assert window.header.source.name == "HD Webcam"
    qtbot.waitUntil(lambda: window.header.status.text() == "LIVE")
    assert window.transport.source_text.text() == "MJPG 128×96 at 50"
    assert window.panel.camera.isVisible()
    assert not window.transport.seek.isVisible()


def test_another_camera_size_opens_the_camera_again(open_window, qtbot, scene):
    scene.cameras = [Entry(4, "HD Webcam")]
    scene.open_source = lambda _r: LiveCamera()
    window = open_window()
    window.cameras.open_first()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.panel.camera.wanted.emit("1280x720")
    qtbot.waitUntil(lambda: len(scene.requests) == 2)
    assert scene.requests[1].camera_size == "1280x720"


def test_a_stream_is_offered_nothing_that_only_a_camera_can(open_window, qtbot, scene):
    scene.open_source = lambda _r: LiveCamera(detail="h264 128×96")
    window = open_window("rtsp://cam.local/door")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    qtbot.waitUntil(lambda: window.transport.source_text.text() == "h264 128×96")
    assert not window.panel.camera.isVisible()


def test_a_mirror_opens_the_camera_again_as_one_and_stays_one(open_window, qtbot, scene):
    scene.cameras = [Entry(4, "HD Webcam")]
    scene.open_source = lambda _r: LiveCamera()
    window = open_window()
    window.cameras.open_first()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    click(window.panel.camera.mirror)
    qtbot.waitUntil(lambda: len(scene.requests) == 2)
    first, again = scene.requests
    assert again == replace(first, mirror=True)
    window.cameras.set_size("640x480")
    qtbot.waitUntil(lambda: len(scene.requests) == 3)
    assert scene.requests[2] == replace(again, camera_size="640x480")
    window.cameras.open_first()
    qtbot.waitUntil(lambda: len(scene.requests) == 4)
    assert scene.requests[3].mirror
    window.remembering.save()
    later = open_window(4)
    qtbot.waitUntil(lambda: len(scene.requests) == 5)
    assert (scene.requests[4].mirror, scene.requests[4].camera_size) == (True, "640x480")
    assert later.panel.camera.mirror.isChecked()


def test_what_the_command_line_asks_of_a_camera_holds_for_others_of_that_run_alone(
    open_window, qtbot, scene
):
    scene.cameras = [Entry(4, "HD Webcam")]
    scene.open_source = lambda _r: LiveCamera()
    window = open_window(0, mirror=True, camera_size="800x600")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.cameras.open_first()
    qtbot.waitUntil(lambda: len(scene.requests) == 2)
    for request in scene.requests:
        assert (request.mirror, request.camera_size) == (True, "800x600")
    assert window.panel.camera.mirror.isChecked()
    assert window.panel.camera.size_combo.currentText() == "800 × 600"
    assert not window.kept.view.mirror
    assert window.kept.view.camera_size == ""
