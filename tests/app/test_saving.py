"""Names of new files, and the folder they go into."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import QStandardPaths
from PyQt6.QtWidgets import QLabel

from app.basics.saving import PICTURES, VIDEOS, new_file, output_folder
from engine.errors import SinkError
from tests.app.test_recording import PulledStick

MOMENT = r"\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d"


@pytest.mark.parametrize(
    ("stem", "named"),
    [
        ("Grüße 1.2_a-b", "Grüße 1.2_a-b"),
        ('a/b\\c:d*e?"f<g>h|i', "a_b_c_d_e__f_g_h_i"),
        ("two\nlines", "two_lines"),
        (" .hidden. ", "hidden"),
        ("...", "BBE Live"),
        ("", "BBE Live"),
        ("x" * 300, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
        ("हिन्दी फ़िल्म", "हिन्दी फ़िल्म"),
        ("Gru\u0308ße", "Gru\u0308ße"),
        ("あ" * 300, "あ" * 60),
        ("𠮷" * 300, "𠮷" * 45),
        (b"caf\xe9".decode(errors="surrogateescape"), "caf_"),
    ],
)
def test_a_file_is_named_after_its_source_as_every_disk_allows(tmp_path, stem, named):
    path = new_file(tmp_path, stem, ".mp4")
    assert path.parent == tmp_path
    assert re.fullmatch(rf"{re.escape(named)} {MOMENT}\.mp4", path.name)
    path.touch()
    path.with_name(f"{path.stem} (2).json.part.jsonl").touch()  # the longest name made of it


def test_files_of_one_second_have_different_names(tmp_path):
    for _ in range(5):
        new_file(tmp_path, "film", ".png").touch(exist_ok=False)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_is_not_there_is_made(tmp_path):
    assert new_file(tmp_path / "a" / "b", "film", ".mp4").parent.is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be written"):
        new_file(tmp_path / "file" / "inside", "film", ".mp4")


def test_a_disk_that_does_not_answer_is_told_of_by_whoever_opens_the_file(tmp_path):
    path = new_file(PulledStick(tmp_path), "film", ".mp4")
    assert path.parent == tmp_path


def test_without_a_choice_files_go_where_the_system_keeps_such(monkeypatch):
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda kind: f"/system/{kind.name}")
    assert output_folder("", PICTURES) == Path("/system/PicturesLocation")
    assert output_folder("", VIDEOS) == Path("/system/MoviesLocation")
    assert output_folder("/mine", VIDEOS) == Path("/mine")
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _kind: "")
    assert output_folder("", VIDEOS) == Path.home()


def test_the_side_panel_tells_the_folder_that_was_chosen(open_window, tmp_path):
    window = open_window()
    window.folder.use(str(tmp_path / "elsewhere"))
    tips = [shown.toolTip() for shown in window.panel.saving.findChildren(QLabel)]
    assert str(tmp_path / "elsewhere") in tips
