"""Fine edges, asked for on the command line and in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings

from app.cli import segment_job
from app.cli.segment_job import Outcome
from app.held.settings import SettingsStore
from engine import group
from engine.config import GroupOptions, RuntimeOptions, Settings
from engine.types import Float32Array, UInt8Array
from tests.app.cli_cases import kept_launches, run_bbe, tiny_model
from tests.app.gui import STRICT, SpySession, click, shown_index
from tests.engine.clips import write_clip
from tests.fakes import FakePredictor

pytestmark = STRICT


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[GroupOptions]:
    """What the jobs of `bbe segment` were asked for, none of which is done."""
    options: list[GroupOptions] = []

    def note_settings(*args: object) -> Outcome:
        options.extend(arg.group for arg in args if isinstance(arg, Settings))
        return Outcome("done")

    monkeypatch.setattr(segment_job, "run_job", note_settings)
    return options


def test_they_are_there_unless_the_command_line_refuses_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[GroupOptions]
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _options: FakePredictor())
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    plain = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "plain.mp4")
    coarse = run_bbe(tmp_path, "segment", clip, "-o", tmp_path / "coarse.mp4", "--no-fine-edges")
    assert plain.exit_code == coarse.exit_code == 0
    assert [options.fine_edges for options in asked] == [True, False]


HEADLESS = {
    "live": ("live", "synthetic", "--headless", "--record", "{out}", "--seconds", "0.3"),
    "demo": ("demo", "--frames", "2", "-o", "{out}"),
    "bench": (
        "bench",
        "--size",
        "320x240",
        "--frames",
        "2",
        "--rounds",
        "1",
        "--live-seconds",
        "0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", HEADLESS)
@pytest.mark.parametrize("fine", [False, True])
def test_every_command_without_a_window_finds_them_unless_told_not_to(
    command: str, fine: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = group.follow_picture
    followed: list[UInt8Array] = []

    def follow_and_note(margins: Float32Array, labels: UInt8Array, image: UInt8Array) -> object:
        if image.shape[1] >= 320:  # smaller ones are those of the kernels' warm-up
            followed.append(image)
        return follow(margins, labels, image)

    monkeypatch.setattr(group, "follow_picture", follow_and_note)
    words = [word.format(out=tmp_path / "out.mp4") for word in HEADLESS[command]]
    edges = [] if fine else ["--no-fine-edges"]
    result = run_bbe(tmp_path, *words, *edges, "--model", tiny_model(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert bool(followed) is fine


@pytest.mark.parametrize("words", ["live 0", "demo", "play {clip}"])
def test_every_command_with_a_window_hands_on_what_was_asked_for(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = kept_launches(monkeypatch)
    command = words.format(clip=write_clip(tmp_path / "clip.mp4", range(2))).split()
    for options in ((), ("--no-fine-edges", "--input-size", "321")):
        result = run_bbe(tmp_path, *command, *options)
        assert result.exit_code == 0, result.stderr
    plain, coarse = opened
    assert (plain.fine_edges, plain.runtime) == (None, None)
    assert (coarse.fine_edges, coarse.runtime) == (False, RuntimeOptions(input_long_side=321))


def test_refused_on_the_command_line_they_are_for_this_run_alone(open_window, settings_file):
    window = open_window(fine_edges=False)
    assert not window.options.effective.group.fine_edges
    assert not window.panel.detection.edges.isChecked()
    window.options.update_group(max_people=3)
    window.remembering.save()
    store = SettingsStore(QSettings(str(settings_file), QSettings.Format.IniFormat))
    assert store.load().settings.group == GroupOptions(max_people=3)


def test_the_window_switches_them_off_and_remembers(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    section = window.panel.detection
    section.set_open(True)
    assert section.edges.isChecked()
    click(section.edges)
    assert not SpySession.configured[-1].group.fine_edges
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    again = open_window().panel.detection
    assert not again.edges.isChecked()


def test_resetting_detection_switches_them_on(open_window, qtbot):
    window = open_window("film.mp4")
    qtbot.waitUntil(lambda: shown_index(window) >= 0)
    window.options.update_group(fine_edges=False)
    assert not window.panel.detection.edges.isChecked()
    window.options.reset_detection()
    assert window.panel.detection.edges.isChecked()
