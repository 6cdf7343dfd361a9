"""What the arguments of `bbe segment` mean."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from app.cli.finding import find_inputs
from app.cli.inputs import Wanted, plan_jobs
from engine.errors import SinkError, SourceNotFound, SourceUnreadable
from tests.app.cli_cases import run_bbe, write_photo
from tests.fakes import FakePredictor


def test_numbers_in_a_name_may_be_written_as_for_ffmpeg(tmp_path: Path) -> None:
    paths = [tmp_path / f"img_{number:03d}.png" for number in (1, 2, 1000)]
    for path in (*paths, tmp_path / "img_001_mask.png"):
        path.write_bytes(b"")
    found = find_inputs([str(tmp_path / "img_%03d.png")])
    assert (found.pictures, found.videos, found.many) == (tuple(paths), (), True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """clip.mp4, photos/a.png and photos/person 1/b.png."""
    for name in ("clip.mp4", "photos/a.png", "photos/person 1/b.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"mine")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("clip.mp4", Wanted(coco=Path("clip.mp4"))),
        ("clip.mp4", Wanted(output=Path("photos/../clip.mp4"))),
        ("photos", Wanted(masks=Path("photos"))),
        ("photos/a.png", Wanted(masks=Path("photos"))),
        ("photos/person 1/b.png", Wanted(cutouts=Path("photos"))),
        ("photos", Wanted(output=Path("out"), masks=Path("out"))),
        ("photos/a.png", Wanted(output=Path("out/a.png"), masks=Path("out"))),
        ("clip.mp4", Wanted(output=Path("out.mp4"), coco=Path("out.mp4"))),
    ],
)
def test_no_result_replaces_an_input_or_another_result(
    source: str, wanted: Wanted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SinkError, match=r"input|twice"):
        plan_jobs(find_inputs([source]), replace(wanted, overwrite=True))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("clip.mp4", Wanted(masks=Path(), coco=Path("photos/clip.json"))),
        ("photos", Wanted(output=Path("out"), masks=Path("masks"), cutouts=Path("photos/layers"))),
        ("photos/a.png", Wanted(output=Path("out/a.jpg"), masks=Path("out"))),
    ],
)
def test_results_beside_inputs_and_each_other_are_fine(
    source: str, wanted: Wanted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert plan_jobs(find_inputs([source]), replace(wanted, overwrite=True))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("clip.mp4", Wanted(output=Path("other.mp4"))),
        ("clip.mp4", Wanted(output=Path("third.mp4"), coco=Path("other.mp4"))),
        ("photos", Wanted(output=Path("out"))),
    ],
)
def test_no_result_replaces_an_input_by_another_of_its_names(
    source: str, wanted: Wanted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second name of a file, and on some disks one in other capitals, is no link to follow."""
    monkeypatch.chdir(folder)
    Path("out").mkdir()
    Path("other.mp4").hardlink_to("clip.mp4")
    Path("out/a.png").hardlink_to("photos/a.png")
    with pytest.raises(SinkError, match="is an input"):
        plan_jobs(find_inputs([source]), replace(wanted, overwrite=True))


def test_an_input_without_a_name_is_not_the_folder_one_is_in() -> None:
    with pytest.raises(SourceNotFound):
        find_inputs([""])


def test_what_comes_through_a_pipe_is_told_to_be_named_as_a_file() -> None:
    with pytest.raises(SourceNotFound, match=r"standard input.*Give a file"):
        find_inputs(["-"])


def test_of_a_folder_without_any_it_is_told_that_those_inside_are_not_searched(
    tmp_path: Path,
) -> None:
    (tmp_path / "inside").mkdir()
    with pytest.raises(SourceNotFound, match=r"no videos or pictures in .*name each"):
        find_inputs([str(tmp_path)])


def test_what_is_hidden_in_a_folder_is_no_input(tmp_path: Path) -> None:
    """macOS puts "._a.png" beside "a.png" on disks that are not its own."""
    for name in ("a.png", "._a.png", ".b.png"):
        write_photo(tmp_path / name)
    found = find_inputs([str(tmp_path)])
    assert (found.pictures, found.videos) == ((tmp_path / "a.png",), ())


def test_of_several_inputs_no_folder_is_made_that_is_called_like_a_file(folder: Path) -> None:
    several = find_inputs([str(folder / "clip.mp4"), str(folder / "photos")])
    with pytest.raises(typer.BadParameter, match="folder"):
        plan_jobs(several, Wanted(output=folder / "out.mp4"))
    assert plan_jobs(several, Wanted(output=folder / "version 1.2"))


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("play 0", "bbe live 0"),
        ("play demo", "bbe demo"),
        ("play nothing.mp4", "Check the name"),
        ("live {folder}/clip.mp4", "bbe play"),
        ("live {folder}/photos", "bbe play"),
    ],
)
def test_what_another_command_shows_is_told(words: str, advice: str, folder: Path) -> None:
    result = run_bbe(folder, *words.format(folder=folder).split())
    assert result.exit_code == 1
    assert advice in result.stderr


@pytest.mark.parametrize(
    ("address", "title", "file"),
    [
        ("http://me:secret@host/films/a.webm?token=secret", "http://host/films/a.webm", "a.webm"),
        ("rtsp://me:secret@host", "rtsp://host", "host.mp4"),
        ("http://[secret", "address", "address.mp4"),
    ],
)
def test_neither_title_nor_file_tells_the_secrets_of_an_address(
    address: str, title: str, file: str
) -> None:
    (job,) = plan_jobs(find_inputs([address]), Wanted(output=Path("folder")))
    assert job.title == title
    assert job.outputs == (Path("folder") / file,)


@pytest.mark.parametrize(
    ("address", "stem"), [("rtsp://host:554", "host_554"), ("http://host/a:b|c*.webm", "a_b_c_")]
)
def test_files_are_named_after_an_address_as_windows_allows(address: str, stem: str) -> None:
    """There a name with a colon means a part of another file, which no folder shows."""
    wanted = Wanted(output=Path("out"), masks=Path("masks"), coco=Path("json"))
    jobs = plan_jobs(find_inputs([address, "synthetic"]), wanted)
    assert jobs[0].outputs[0].stem == jobs[0].masks.name == jobs[0].coco.stem == stem


def test_the_address_of_a_file_here_is_that_file(folder: Path) -> None:
    photo = folder / "photos" / "person 1" / "b.png"
    assert find_inputs([photo.as_uri()]).pictures == (photo,)


def test_a_photo_on_the_net_is_called_one_and_not_live() -> None:
    with pytest.raises(SourceUnreadable, match=r"host/a\.JPG is a picture.*Download it first"):
        find_inputs(["https://host/a.JPG?token=secret"])


def test_names_that_differ_in_capitals_alone_are_told_apart(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "CLIP.mp4").write_bytes(b"mine")
    inputs = find_inputs([str(folder / "clip.mp4"), str(folder / "other" / "CLIP.mp4")])
    jobs = plan_jobs(inputs, Wanted(output=folder / "out"))
    assert [job.outputs[0].name for job in jobs] == ["clip.mp4", "CLIP 2.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_a_pipe_is_called_one_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _options: FakePredictor())
    os.mkfifo(tmp_path / "pipe.mp4")
    result = run_bbe(tmp_path, "segment", tmp_path / "pipe.mp4", "-o", tmp_path / "out.mp4")
    assert result.exit_code == 1
    assert "is a pipe" in result.stderr
    assert "as a file first" in result.stderr


@pytest.mark.parametrize("debug", [False, True])
def test_the_traceback_of_one_input_is_shown_where_asked_for(
    debug: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.gpu.open_predictor", lambda _options: FakePredictor())
    words = ["--debug"] if debug else []
    result = run_bbe(folder, *words, "segment", folder / "clip.mp4", "-o", folder / "out.mp4")
    assert result.exit_code == 1
    assert "not a video" in result.stderr
    assert ("Traceback" in result.stderr) is debug


@pytest.mark.parametrize("option", ["-o", "--masks", "--json", "--cutouts"])
def test_results_go_to_no_file_called_dash(
    folder: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    refused = run_bbe(folder, "segment", folder / "clip.mp4", option, "-")
    assert refused.exit_code == 2
    assert "name a file or folder in place of -" in refused.output
    assert not (folder / "-").exists()
