"""The program as a process: its own settings, real engine, and a signal that ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

from app.interrupt import Interrupt

CHILD = """
import os, signal, sys
from pathlib import Path
from PyQt6.QtCore import QTimer
from app.launch import WindowLaunch
import app.main_window, app.window

def end_when_recorded(self):
    text = self.keeping.recording.text
    if text >= "0:00.2":
        os.kill(os.getpid(), signal.SIGTERM)

show = app.main_window.MainWindow.on_arrived
def on_arrived(self, result):
    show(self, result)
    end_when_recorded(self)
app.main_window.MainWindow.on_arrived = on_arrived
sys.exit(app.window.run_window(WindowLaunch("synthetic", record=Path(sys.argv[1]), loop=True)))
"""


def test_a_killed_window_finishes_its_recording(tmp_path: Path) -> None:
    target = tmp_path / "recorded.mp4"
    root = Path(__file__).resolve().parents[2]
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(root),
    }
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(target)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 2
    assert list((tmp_path / "config").rglob("bbe-live.*")), "the settings were not saved"


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
