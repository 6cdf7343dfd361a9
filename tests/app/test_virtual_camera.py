"""The camera for other programs is opened once, and only while there are pictures for it."""

from __future__ import annotations

import sys
import threading

import pytest
from PyQt6.QtTest import QTest

from app.running import virtual_camera
from engine.board import Phase
from engine.errors import SinkError, SourceNotFound
from engine.sink.base import Sink
from tests.app.gui import STRICT, phase, raising, shown_index
from tests.app.test_retry import LostFilm, retry
from tests.fakes import MemorySink

pytestmark = STRICT


class Driver:
    """What opens virtual cameras: waits until it `may_open` one, and fails where it has none."""

    def __init__(self) -> None:
        self.may_open = threading.Event()
        self.may_open.set()
        self.sinks: list[MemorySink] = []
        self.opened = 0

    def open(self) -> Sink:
        self.opened += 1
        assert self.may_open.wait(10)
        if not self.sinks:
            raise SinkError("There is no virtual camera.", "Install one.")
        return self.sinks.pop(0)


@pytest.fixture
def driver(monkeypatch):
    driver = Driver()
    monkeypatch.setattr(virtual_camera, "open_virtual_camera", driver.open)
    return driver


def switch(window) -> None:
    window.panel.saving.camera.click()


def goes_on(window, qtbot) -> None:
    """Some more pictures."""
    last = shown_index(window)
    qtbot.waitUntil(lambda: shown_index(window) > last + 5)


def test_one_that_opens_slowly_is_opened_once(live, driver, qtbot):
    driver.may_open.clear()
    driver.sinks = [MemorySink(), MemorySink()]
    first = driver.sinks[0]
    switch(live)
    goes_on(live, qtbot)
    driver.may_open.set()
    qtbot.waitUntil(lambda: len(first.results) > 2)
    assert driver.opened == 1


def test_one_that_cannot_be_opened_is_tried_again_only_when_asked(live, driver, qtbot):
    switch(live)
    qtbot.waitUntil(live.stage.banner.isVisible)
    goes_on(live, qtbot)
    assert driver.opened == 1
    driver.sinks = [sink := MemorySink()]
    switch(live)
    qtbot.waitUntil(lambda: len(sink.results) > 2)


def test_one_that_fails_is_told_once_and_can_be_switched_on_again(live, driver, qtbot):
    driver.sinks = [MemorySink(fail_at=2), second := MemorySink()]
    failures: list[object] = []
    live.virtual_camera.failed.connect(failures.append)
    switch(live)
    qtbot.waitUntil(live.stage.banner.isVisible)
    goes_on(live, qtbot)
    assert len(failures) == 1
    assert not live.panel.saving.camera.isChecked()
    switch(live)
    qtbot.waitUntil(lambda: len(second.results) > 2)


def test_none_is_opened_for_a_film_that_is_lost_until_it_is_back(open_window, driver, qtbot, scene):
    pulled = threading.Event()
    pulled.set()
    scene.open_source = lambda _r: LostFilm(pulled)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    driver.sinks = [sink := MemorySink()]
    switch(window)
    QTest.qWait(50)
    assert driver.opened == 0
    scene.open_source = lambda _r: LostFilm()
    retry(window)
    qtbot.waitUntil(lambda: len(sink.results) > 2)


def test_none_is_opened_for_a_source_that_cannot_be(open_window, driver, qtbot, scene):
    scene.open_source = raising(SourceNotFound("There is no film.mp4."))
    window = open_window("film.mp4")
    switch(window)
    qtbot.waitUntil(lambda: phase(window) is Phase.FAILED)
    assert driver.opened == 0


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


def test_a_virtual_camera_switched_off_while_it_opens_is_let_go(live, qtbot, monkeypatch):
    sink, go_on = MemorySink(), threading.Event()
    monkeypatch.setattr(
        virtual_camera, "open_virtual_camera", lambda: sink if go_on.wait(10) else None
    )
    live.panel.saving.camera.click()
    live.panel.saving.camera.click()
    go_on.set()
    qtbot.waitUntil(lambda: sink.close_count == 1)
    assert sink.results == []
