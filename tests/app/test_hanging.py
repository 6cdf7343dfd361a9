"""The GUI thread never waits for a device, a file or the network."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from PyQt6.QtCore import QTimer

from tests.app.gui import STRICT, Film, LiveCamera, shown_index, walk
from tests.fakes import FakePredictor, HangingSource

pytestmark = STRICT

TICK_MS = 10
WATCH_TICKS = 40
LONGEST_GAP_S, PATIENCE_S = 2.0, 15.0
"""What hangs here hangs for good; a machine that is starved only seems to, for a moment."""


@pytest.fixture
def let_go():
    """What hangs in this test waits for this; it is set at the end in every case."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def ticking(qtbot):
    """Waits for a number of turns of the event loop and returns the longest gap, seconds."""

    def watch() -> float:
        times_s: list[float] = [time.perf_counter()]
        timer = QTimer()
        timer.timeout.connect(lambda: times_s.append(time.perf_counter()))
        timer.start(TICK_MS)
        qtbot.waitUntil(lambda: len(times_s) > WATCH_TICKS)
        timer.stop()
        return max(b - a for a, b in pairwise(times_s))

    return watch


def close_in_time(window, qtbot):
    started_s = time.perf_counter()
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    assert time.perf_counter() - started_s < PATIENCE_S


def test_a_source_that_hangs_in_opening(open_window, qtbot, scene, ticking, let_go):
    def hang(_request):
        let_go.wait()
        return Film(walk(1))

    scene.open_source = hang
    window = open_window("rtsp://nobody/")
    qtbot.waitUntil(lambda: window.stage.busy.isVisible())
    assert "nobody" in window.stage.busy.text
    assert ticking() < LONGEST_GAP_S
    close_in_time(window, qtbot)
    let_go.set()


def test_a_source_that_hangs_in_reading(open_window, qtbot, scene, ticking, let_go):
    source = HangingSource(walk(3))
    source.let_go = let_go
    scene.open_source = lambda _r: source
    window = open_window("camera")
    qtbot.waitUntil(source.reading.is_set)
    assert ticking() < LONGEST_GAP_S
    close_in_time(window, qtbot)
    let_go.set()


def test_another_source_opens_while_the_last_one_hangs(open_window, qtbot, scene, let_go):
    source = HangingSource(walk(3))
    source.let_go = let_go
    scene.open_source = lambda _r: source
    window = open_window("camera")
    qtbot.waitUntil(source.reading.is_set)
    scene.open_source = lambda _r: Film(walk(60))
    window.sources.open_demo()
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    let_go.set()


def test_a_network_that_hangs_in_opening(open_window, qtbot, scene, ticking, let_go):
    def hang(_runtime):
        let_go.wait()
        return FakePredictor()

    scene.open_predictor = hang
    window = open_window("film.mp4")
    assert ticking() < LONGEST_GAP_S
    close_in_time(window, qtbot)
    let_go.set()


def test_a_camera_driver_that_hangs_while_listing(open_window, qtbot, scene, ticking, let_go):
    backend = scene.backend

    def hanging_backend():
        return replace(backend(), list_cameras=lambda: let_go.wait() and [])

    scene.backend = hanging_backend
    window = open_window()
    window.cameras.open_first()
    assert ticking() < LONGEST_GAP_S
    close_in_time(window, qtbot)
    let_go.set()


def test_the_window_ticks_while_pictures_run(open_window, qtbot, scene, ticking):
    scene.open_source = lambda _r: LiveCamera(fps=200)
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    assert ticking() < LONGEST_GAP_S
