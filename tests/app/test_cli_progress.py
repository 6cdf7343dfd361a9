"""Progress without a terminal: a line now and then, at the beginning and at the end."""

from __future__ import annotations

import pytest

from app.cli.progress import ProgressView
from engine.export import ExportProgress


def test_the_first_and_the_last_frame_have_a_line_however_short_it_took(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ProgressView("clip.mp4") as view:
        for done in range(1, 5):
            eta_s = (4 - done) * 0.5 if done > 1 else None
            view.update(ExportProgress(done, 4, 0.5 * done, eta_s, people=1))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "clip.mp4: 1/4 frames, 2.0 frames/s",
        "clip.mp4: 4/4 frames, 2.0 frames/s, 0 s to go",
    ]
    assert view.done == 4


def test_what_has_no_known_length_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressView("[red] talk", "pictures") as view:
        view.update(ExportProgress(1, None, 0.0, None, people=0))
    assert capsys.readouterr().err == "[red] talk: 1 pictures, 0.0 pictures/s\n"
