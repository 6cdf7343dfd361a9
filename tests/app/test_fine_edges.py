"""Fine edges, asked for on the command line and in the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import segment_job
from app.cli.segment_job import Outcome
from engine.config import GroupOptions, RuntimeOptions, Settings
from engine.predictor import ProviderReport
from tests.app.cli_cases import run_bbe
from tests.app.gui import STRICT, SpySession, click, shown_index
from tests.engine.clips import write_clip
from tests.fakes import FakePredictor

pytestmark = STRICT


class OnGpu(FakePredictor):
    @property
    def provider(self) -> ProviderReport:
        return ProviderReport("cuda", "CUDA")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[GroupOptions]:
    """What the jobs of `bbe segment` were asked for, none of which is done."""
    options: list[GroupOptions] = []

    def note_settings(*args: object) -> Outcome:
        options.extend(arg.group for arg in args if isinstance(arg, Settings))
        return Outcome("done")

    monkeypatch.setattr(segment_job, "run_job", note_settings)
    return options


def test_the_command_line_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[GroupOptions]
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _options: FakePredictor())
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    plain = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "plain.mp4")
    fine = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "fine.mp4", "--fine-edges")
    assert plain.exit_code == fine.exit_code == 0
    assert [options.fine_edges for options in asked] == [False, True]
    assert "processor" not in fine.stderr


def test_with_a_gpu_the_user_is_told_what_they_take_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[GroupOptions]
) -> None:
    def open_fake(_options: RuntimeOptions) -> FakePredictor:
        return OnGpu()

    monkeypatch.setattr("engine.gpu.open_predictor", open_fake)
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    result = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "fine.mp4", "--fine-edges")
    assert result.exit_code == 0
    assert "groups and draws" in result.stderr


def test_the_window_asks_for_them_and_remembers(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    section = window.panel.detection
    section.set_open(True)
    assert not section.edges.isChecked()
    click(section.edges)
    assert SpySession.configured[-1].group.fine_edges
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window().panel.detection
    assert again.edges.isChecked()


def test_resetting_detection_switches_them_off(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.options.update_group(fine_edges=True)
    assert window.panel.detection.edges.isChecked()
    window.options.reset_detection()
    assert not window.panel.detection.edges.isChecked()
