"""The real window without a display, and guards: no leaked thread or timer, no surprise dialog."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported anywhere

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.main_window import MainWindow
    from tests.app.gui import FakeScene


PATIENCE_MS = 30_000
"""What a test waits for comes in milliseconds, but not on a machine that is starved."""


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """pytest-qt's, which waits longer before it gives up."""
    monkeypatch.setattr(qtbot, "waitUntil", partial(qtbot.waitUntil, timeout=PATIENCE_MS))
    monkeypatch.setattr(qtbot, "waitSignal", partial(qtbot.waitSignal, timeout=PATIENCE_MS))
    return qtbot


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Where the window of this test keeps its preferences."""
    return tmp_path / "settings.ini"


@pytest.fixture
def scene() -> FakeScene:
    """The engine's fakes of this test."""
    from tests.app.gui import FakeScene

    return FakeScene()


@pytest.fixture(scope="session")
def compiled() -> None:
    """Numba compiles at the first call on a machine; not while a test waits for a picture."""
    from engine.config import Settings
    from engine.pipeline import Pipeline
    from engine.styles import Backdrop, PersonEffect, PersonStyle, RenderOptions
    from tests.app.gui import Film, two_people
    from tests.fakes import FakePredictor

    frame = Film([two_people()]).read()
    assert frame is not None
    for backdrop in Backdrop:
        for effect in PersonEffect:
            render = RenderOptions(
                show_boxes=True, backdrop=backdrop, default_style=PersonStyle(effect)
            )
            Pipeline(FakePredictor()).process(frame, Settings(render=render))


@pytest.fixture
def open_window(
    compiled: None,
    qtbot: QtBot,
    scene: FakeScene,
    settings_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., MainWindow]]:
    """Makes shown windows on `scene`; at the end they must close and leave nothing behind."""
    from PyQt6.QtCore import QCoreApplication, QEvent, QSettings, QTimer
    from PyQt6.QtWidgets import QApplication, QMessageBox

    from app.held.launch import WindowLaunch
    from app.held.settings import SettingsStore
    from app.main_window import MainWindow
    from app.window import make_application
    from tests.app.gui import engine_threads

    if not QApplication.instance() or not QApplication.instance().styleSheet():
        make_application()
    monkeypatch.setattr(QMessageBox, "exec", lambda *_: pytest.fail("a message box appeared"))
    monkeypatch.setattr(QMessageBox, "open", lambda *_: pytest.fail("a message box appeared"))
    before = engine_threads()
    windows: list[MainWindow] = []

    def open_one(source: object = None, **launch: object) -> MainWindow:
        store = SettingsStore(QSettings(str(settings_file), QSettings.Format.IniFormat))
        window = MainWindow(WindowLaunch(source, **launch), store, scene.backend())
        windows.append(window)
        window.kept.change_view(output_dir=str(tmp_path / "out"))
        with qtbot.waitActive(window, timeout=PATIENCE_MS):  # keys go to the active window alone
            window.show()
            window.activateWindow()
        window.open_launched()
        return window

    yield open_one
    try:
        for window in windows:
            window.close()
            qtbot.waitUntil(lambda w=window: w.closed)
            # It gives up after a while; to delete a thread that still runs would abort.
            qtbot.waitUntil(lambda w=window: not w.player.running)
            active = [t for t in window.findChildren(QTimer) if t.isActive()]
            assert not active, f"timers still run: {active}"
        qtbot.waitUntil(lambda: engine_threads() <= before)
    finally:
        for window in windows:
            window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def film(
    open_window: Callable[..., MainWindow], qtbot: QtBot, scene: FakeScene, tmp_path: Path
) -> MainWindow:
    """A window that shows a file of 60 frames."""
    from tests.app.gui import Film, shown_index, walk

    path = tmp_path / "walk.mp4"
    scene.open_source = lambda _request: Film(walk(60), path=path, name="walk.mp4")
    window = open_window(path)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window


@pytest.fixture
def live(open_window: Callable[..., MainWindow], qtbot: QtBot, scene: FakeScene) -> MainWindow:
    """A window that shows a camera."""
    from tests.app.gui import LiveCamera, shown_index

    scene.open_source = lambda _request: LiveCamera()
    window = open_window(0)
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window


@pytest.fixture
def long_film(open_window: Callable[..., MainWindow], qtbot: QtBot, scene: FakeScene) -> MainWindow:
    """A window that plays 200 frames at 20 a second."""
    from tests.app.gui import Film, shown_index, walk

    scene.open_source = lambda _request: Film(walk(200), fps=20)
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    return window
