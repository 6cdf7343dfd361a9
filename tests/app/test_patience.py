"""A live source that was lost is looked for until it is back, or nobody wants it any more."""

from __future__ import annotations

import pytest

from engine.errors import SourceNotFound
from tests.app.gui import STRICT, Film, LiveCamera, click, raising, shown_index, walk

pytestmark = STRICT


@pytest.fixture
def lost_camera(open_window, qtbot, scene, monkeypatch):
    """A window whose camera was unplugged after some pictures; it is looked for often."""
    monkeypatch.setattr("app.basics.patience.RETRY_S", 0.05)
    scene.open_source = lambda _r: LiveCamera(fail_after=5, name="Webcam")
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    scene.open_source = raising(SourceNotFound("There is no camera 0."))
    qtbot.waitUntil(window.stage.banner.isVisible)
    return window


def test_an_unplugged_camera_leaves_its_last_picture_and_comes_back(lost_camera, qtbot, scene):
    banner = lost_camera.stage.banner
    assert "does not answer" in banner.text
    qtbot.waitUntil(lambda: len(scene.requests) >= 4)
    assert "does not answer" in banner.text
    assert "by itself" in banner.text
    assert shown_index(lost_camera) >= 0
    assert len(scene.runtimes) == 2
    scene.open_source = lambda _r: LiveCamera()
    qtbot.waitUntil(lambda: lost_camera.header.status.text() == "LIVE")
    assert not banner.isVisible()
    assert scene.requests[-1].spec == "camera:Webcam"


def test_an_unplugged_camera_is_looked_for_until_stop(lost_camera, qtbot, scene):
    qtbot.waitUntil(lambda: len(scene.requests) >= 3)
    assert lost_camera.stage.banner.buttons[0].text() == "Stop"
    click(lost_camera.stage.banner.buttons[0])
    qtbot.waitUntil(lambda: not lost_camera.player.running)
    tries = len(scene.requests)
    qtbot.wait(150)
    assert len(scene.requests) == tries
    assert lost_camera.stage.empty.isVisible()


def test_another_source_ends_the_search_for_the_unplugged_camera(lost_camera, qtbot, scene):
    scene.open_source = lambda _r: Film(walk(60))
    lost_camera.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(lost_camera) > 5)
    assert scene.requests[-1].spec == "demo"
    assert not lost_camera.stage.banner.isVisible()
