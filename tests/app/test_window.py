"""The program as a process: its own settings, real engine, and a signal that ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from app.basics.interrupt import Interrupt
from app.window import make_application

RECORDING = """
import os, signal, sys
from pathlib import Path
from app.held.launch import WindowLaunch
import app.window

class EndingWindow(app.window.MainWindow):
    def __init__(self, *args):
        super().__init__(*args)
        self.player.arrived.connect(self.end_when_recorded)

    def end_when_recorded(self):
        if self.recording.text >= "0:00.2":
            os.kill(os.getpid(), signal.SIGTERM)

app.window.MainWindow = EndingWindow
sys.exit(app.window.run_window(WindowLaunch("synthetic", record=Path(sys.argv[1]), loop=True)))
"""

CLOSED = """
from PyQt6 import sip
import app.window
from app.held.launch import WindowLaunch
from tests.app.gui import FakeScene, Film, walk

windows = []

class ClosedWindow(app.window.MainWindow):
    def __init__(self, *args):
        super().__init__(*args)
        windows.append(self)
        self.player.arrived.connect(self.begin_close)

app.window.engine_backend = FakeScene(lambda _request: Film(walk(60))).backend
app.window.MainWindow = ClosedWindow
application = app.window.make_application()  # outlives the window, to look at it then
code = app.window.run_window(WindowLaunch("walk.mp4"))
print(code, [sip.isdeleted(window) for window in windows])
"""

IMPATIENT = """
import signal, sys
import app.window
from app.held.launch import WindowLaunch
from tests.app.gui import FakeScene, Film, walk

class ImpatientWindow(app.window.MainWindow):
    def __init__(self, *args):
        super().__init__(*args)
        self.player.arrived.connect(self.begin_close)
        self.destroyed.connect(lambda: signal.raise_signal(signal.SIGINT))

app.window.engine_backend = FakeScene(lambda _request: Film(walk(60))).backend
app.window.MainWindow = ImpatientWindow
sys.exit(app.window.run_window(WindowLaunch("walk.mp4")))
"""

HANGING_EXPORT = """
import sys, threading
from pathlib import Path
from PyQt6.QtCore import QTimer
import app.window
from app.held.launch import WindowLaunch
from tests.app.gui import FakeScene, Film, walk
from tests.fakes import FakePredictor

scene = FakeScene(lambda _request: Film(walk(60), path=Path("walk.mp4"), name="walk.mp4"))

class ImpatientWindow(app.window.MainWindow):
    def __init__(self, *args):
        super().__init__(*args)
        timer = QTimer(self)
        timer.timeout.connect(self.go_on)
        timer.start(20)

    def go_on(self):
        if not self.exporting.active and self.stage.view.result is not None:
            scene.open_predictor = lambda _r: FakePredictor(lambda _frame: threading.Event().wait())
            self.export_offer.make()
            self.stage.export.start_button.click()
            self.begin_close()
        elif "Finishing" in self.stage.banner.text:
            self.stage.banner.buttons[0].click()  # quit anyway

app.window.engine_backend = scene.backend
app.window.MainWindow = ImpatientWindow
sys.exit(app.window.run_window(WindowLaunch("walk.mp4")))
"""


def run_child(code: str, folder: Path, *args: object) -> subprocess.CompletedProcess[str]:
    """A program of its own, with settings and folders of its own."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_killed_window_finishes_its_recording(tmp_path: Path) -> None:
    target = tmp_path / "recorded.mp4"
    ended = run_child(RECORDING, tmp_path, target)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 2
    assert list((tmp_path / "config").rglob("bbe-live.*")), "the settings were not saved"


def test_the_window_is_gone_before_the_application(tmp_path: Path) -> None:
    ended = run_child(CLOSED, tmp_path)
    assert ended.stdout.strip() == "0 [True]", ended.stderr


def test_ctrl_c_once_more_at_the_very_end_is_no_crash(tmp_path: Path) -> None:
    ended = run_child(IMPATIENT, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_quitting_in_spite_of_an_export_that_hangs_is_no_crash(tmp_path: Path) -> None:
    ended = run_child(HANGING_EXPORT, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr


def test_nothing_is_imported_before_the_window_that_it_does_not_need() -> None:
    late = ("av", "PIL", "pycocotools", "numba", "scipy", "matplotlib", "onnxruntime", "rich")
    code = f"""
import sys
import app.cli.root, app.window
print([name for name in {late} if name in sys.modules])
"""
    root = Path(__file__).resolve().parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process at once there")
def test_signals_reach_the_event_loop(qtbot, qapp):
    calls = []
    interrupt = Interrupt(lambda: calls.append("ended"), qapp)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        qtbot.waitUntil(lambda: calls == ["ended"])
    finally:
        interrupt.remove()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize(("platform", "named"), [("win32", ["bbe-live"]), ("darwin", [])])
def test_the_taskbar_of_windows_shows_the_programs_icon_not_that_of_python(
    qapp, monkeypatch, platform, named
):
    names: list[str] = []
    shell = SimpleNamespace(SetCurrentProcessExplicitAppUserModelID=names.append)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(shell32=shell), raising=False)
    monkeypatch.setattr("app.window.sys", SimpleNamespace(platform=platform))
    make_application()
    assert names == named
