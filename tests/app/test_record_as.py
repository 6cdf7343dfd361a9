"""What `--record` records: the picture as shown, without overlay, or the people cut out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.held.recorded import Recorded
from tests.app.cli_cases import kept_launches, run_bbe
from tests.app.gui import STRICT, Film, two_people
from tests.engine.clips import write_clip
from tests.engine.sink_cases import read_bgra
from tests.fakes import FakePredictor

pytestmark = STRICT

ENDINGS = {Recorded.SHOWN: ".mp4", Recorded.PLAIN: ".mp4", Recorded.CUT_OUT: ".webm"}


def check(path: Path, what: Recorded) -> None:
    """Two people in greys are in the film, tinted, as filmed or alone."""
    picture, filmed = read_bgra(path).astype(int), two_people()
    people = np.zeros(filmed.shape[:2], bool)
    people[26:70, 14:26] = people[26:70, 86:98] = True  # well inside of both
    tint = np.abs(picture[..., :3] - filmed)[people].max()
    assert bool(tint > 40) is (what is Recorded.SHOWN)
    assert bool(picture[90, 60, 3] == 0) is (what is Recorded.CUT_OUT)
    assert picture[people][:, 3].min() > 240


@pytest.mark.parametrize("what", Recorded)
def test_without_a_window(what: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.source.open_source", lambda *_: Film([two_people()] * 20))
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _options: FakePredictor())
    out = tmp_path / f"out{ENDINGS[what]}"
    result = run_bbe(
        tmp_path, "live", "0", "--headless", "--record", out, "--record-as", what.value
    )
    assert result.exit_code == 0, result.stderr
    check(out, what)


@pytest.mark.parametrize("what", Recorded)
def test_in_the_window(what, open_window, qtbot, scene, tmp_path):
    scene.open_source = lambda _request: Film([two_people()] * 400, fps=50)
    out = tmp_path / f"out{ENDINGS[what]}"
    window = open_window("film.mp4", record=out, record_as=what)
    qtbot.waitUntil(lambda: window.transport.recorded.text() >= "0:00.1")
    window.close()
    qtbot.waitUntil(lambda: window.closed)
    check(out, what)


@pytest.mark.parametrize("words", ["live 0", "play {clip}"])
def test_the_window_hears_of_it(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = kept_launches(monkeypatch)
    command = words.format(clip=write_clip(tmp_path / "clip.mp4", range(2))).split()
    out = tmp_path / "out.mov"
    result = run_bbe(tmp_path, *command, "--record", out, "--record-as", "cut-out")
    assert result.exit_code == 0, result.stderr
    assert [(launch.record, launch.record_as) for launch in opened] == [(out, Recorded.CUT_OUT)]


def test_without_a_file_to_record_into_it_means_nothing(tmp_path: Path) -> None:
    result = run_bbe(tmp_path, "live", "0", "--record-as", "plain")
    assert result.exit_code == 2
    assert "--record FILE" in result.stderr


def test_an_ending_that_knows_no_transparency_is_refused_at_once(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    result = run_bbe(tmp_path, "live", "0", "--record", out, "--record-as", "cut-out")
    assert result.exit_code == 1
    assert ".mov, .webm" in result.stderr
