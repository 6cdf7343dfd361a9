"""The least confidence of people, asked for on the command line of the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings

from app.held.settings import SettingsStore
from engine.config import GroupOptions
from tests.app.cli_cases import kept_launches, run_bbe
from tests.app.gui import STRICT, shown_text
from tests.engine.clips import write_clip

pytestmark = STRICT


@pytest.mark.parametrize("words", ["live 0", "play {clip}"])
def test_the_window_is_handed_what_was_asked_for(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = kept_launches(monkeypatch)
    command = words.format(clip=write_clip(tmp_path / "clip.mp4", range(2))).split()
    for options in ((), ("--threshold", "0.45"), ("--threshold", "0")):
        result = run_bbe(tmp_path, *command, *options)
        assert result.exit_code == 0, result.stderr
    assert [launch.threshold for launch in opened] == [None, 0.45, 0.0]
    assert run_bbe(tmp_path, *command, "--threshold", "30").exit_code == 2


def test_it_is_for_this_run_alone_until_it_is_changed(open_window, settings_file):
    def stored() -> GroupOptions:
        window.remembering.save()
        ini = QSettings(str(settings_file), QSettings.Format.IniFormat)
        return SettingsStore(ini).load().settings.group

    window = open_window(threshold=0.45)
    assert window.options.effective.group.min_score == 0.45
    window.panel.detection.set_open(True)
    assert "45%" in shown_text(window.panel.detection.rows["min_score"])
    window.options.update_group(max_people=3)
    assert stored() == GroupOptions(max_people=3)
    window.options.update_group(min_score=0.6)
    assert stored() == GroupOptions(max_people=3, min_score=0.6)
