"""Ctrl+C: what was written is finished; a second one quits."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from app.cli.interrupt import stop_on_interrupt
from engine.config import RuntimeOptions
from engine.types import Frame
from tests.app.cli_cases import frame_count, run_bbe, start_bbe, tiny_model
from tests.engine.clips import write_clip
from tests.fakes import FakePredictor


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_model(tmp_path)


def test_ctrl_c_finishes_the_file_and_exits_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler_before = signal.getsignal(signal.SIGINT)

    def interrupt(frame: Frame) -> None:
        if frame.index == 10:
            os.kill(os.getpid(), signal.SIGINT)

    def open_fake(_options: RuntimeOptions) -> FakePredictor:
        return FakePredictor(before=interrupt)

    monkeypatch.setattr("engine.gpu.open_predictor", open_fake)
    clip = write_clip(tmp_path / "clip.mp4", range(200))
    other = write_clip(tmp_path / "other.mp4", range(3))
    result = run_bbe(tmp_path, "segment", clip, other, "-o", tmp_path / "out")
    out = tmp_path / "out" / "clip.mp4"
    assert result.exit_code == 130
    assert "stopped after" in result.stdout
    assert "Not begun: other.mp4" in result.stderr
    assert 0 < frame_count(out) < 200
    assert signal.getsignal(signal.SIGINT) is handler_before


def test_ctrl_c_from_outside_leaves_a_playable_file(tmp_path: Path, model: Path) -> None:
    clip, out = write_clip(tmp_path / "clip.mp4", range(4000)), tmp_path / "out.mp4"
    process = start_bbe(tmp_path, "segment", clip, "-o", out, "-m", model)
    assert process.stderr is not None
    first_line = process.stderr.readline()
    assert "/4000 frames" in first_line
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert "of 4000" in stdout
    assert 0 < frame_count(out) < 4000


@pytest.mark.parametrize(("more", "code"), [((), 0), (("--seconds", "600"), 130)])
def test_ctrl_c_is_how_a_recording_ends_unless_it_was_to_last_for_some_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], code: int
) -> None:
    def interrupt(frame: Frame) -> None:
        if frame.index >= 5 and not interrupted:
            interrupted.append(frame)
            os.kill(os.getpid(), signal.SIGINT)

    interrupted: list[Frame] = []
    monkeypatch.setattr(
        "engine.gpu.open_predictor", lambda _options: FakePredictor(before=interrupt)
    )
    out = tmp_path / "door.mp4"
    words = ("live", "synthetic", "--headless", "--record", out)
    result = run_bbe(tmp_path, *words, *more)
    assert result.exit_code == code, result.stderr
    assert "frames recorded" in result.stdout
    assert frame_count(out) > 0


def test_a_second_ctrl_c_quits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("app.cli.interrupt.os._exit", codes.append)
    with stop_on_interrupt() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        assert codes == []
        signal.raise_signal(signal.SIGINT)
        assert codes == [130]


INTERRUPTED_IMPORT = """
class Interrupt:
    def find_spec(self, name, *_):
        if name == "engine.config":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt())
"""


def test_ctrl_c_while_the_program_is_still_loading_is_one_line(tmp_path: Path) -> None:
    process = start_bbe(tmp_path, "cameras", prelude=INTERRUPTED_IMPORT)
    _, stderr = process.communicate(timeout=300)
    assert (process.returncode, stderr) == (130, "Error: Interrupted.\n")


INTERRUPTED_END = """
import os, signal, threading, time

def press():
    while threading.main_thread().is_alive():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)  # as one that compiles kernels

threading.Thread(target=press).start()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process at once there")
def test_ctrl_c_while_the_program_waits_for_its_end_is_no_traceback(tmp_path: Path) -> None:
    process = start_bbe(tmp_path, "models", prelude=INTERRUPTED_END)
    _, stderr = process.communicate(timeout=50)
    assert (process.returncode, stderr) == (-signal.SIGINT, "")
