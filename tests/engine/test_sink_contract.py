"""What every sink promises, whatever it writes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.errors import SinkError
from engine.sink.alpha import AlphaRecorder, CutoutPngSink
from engine.sink.base import Sink
from engine.sink.coco import CocoJsonSink
from engine.sink.masks import LabelPngSink
from engine.sink.options import RecorderOptions
from engine.sink.picture_files import PictureFilesSink
from engine.sink.recorder import PlainRecorder, VideoRecorder
from engine.sink.virtual_camera import VirtualCameraSink
from engine.sink.worker import WhenFull
from tests.engine.sink_cases import make_results, read_times_s, write_all
from tests.fake_devices import FakeVirtualCameraModule

TIMES_S = [2.0, 2.05, 2.1, 2.2, 2.25]


@dataclass(frozen=True)
class Case:
    """One kind of sink: how to open it at `tmp_path / name`, how many frames it holds."""

    name: str
    open: Callable[[Path, bool], Sink]
    count: Callable[[Path], int]


def video(kind: type[VideoRecorder]) -> Callable[[Path, bool], Sink]:
    def open_video(path: Path, overwrite: bool) -> Sink:
        options = RecorderOptions(when_full=WhenFull.WAIT, overwrite=overwrite)
        return kind(path, options=options)

    return open_video


def pictures(folder: Path, overwrite: bool) -> Sink:
    return PictureFilesSink([folder / f"photo {i}.png" for i in range(len(TIMES_S))], overwrite)


def count_video(path: Path) -> int:
    return len(read_times_s(path)) if path.exists() else 0


def count_coco(path: Path) -> int:
    return len(json.loads(path.read_text())["images"])


def count_labels(path: Path) -> int:
    return len((path / "labels.jsonl").read_text().splitlines())


FILES = [
    *(Case(f"video{s}", video(VideoRecorder), count_video) for s in (".mp4", ".mov", ".mkv")),
    Case("video.webm", video(VideoRecorder), count_video),
    Case("plain.mp4", video(PlainRecorder), count_video),
    Case("alpha.mov", video(AlphaRecorder), count_video),
    Case("alpha.webm", video(AlphaRecorder), count_video),
    Case("people.json", CocoJsonSink, count_coco),
]
FOLDERS = [
    Case("pictures", pictures, lambda path: len(list(path.glob("*.png")))),
    Case("labels", LabelPngSink, count_labels),
    Case("cutouts", CutoutPngSink, lambda path: len(list(path.glob("person 3/*.png")))),
]
ALL = FILES + FOLDERS


def named(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@named(ALL)
def test_every_frame_written_is_read_back(case: Case, tmp_path: Path) -> None:
    path = tmp_path / f"Zoë 東京 {case.name}"
    sink = case.open(path, False)
    assert isinstance(sink, Sink)
    write_all(sink, make_results(TIMES_S))
    assert case.count(path) == len(TIMES_S)


@named(ALL)
def test_closing_twice_and_writing_afterwards_change_nothing(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    sink = case.open(path, False)
    results = make_results(TIMES_S)
    write_all(sink, results[:-1])
    sink.close()
    sink.write(results[-1])
    sink.close()
    assert case.count(path) == len(TIMES_S) - 1


@named(ALL)
def test_without_a_frame_no_file_is_left(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    case.open(path, False).close()
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    write_all(case.open(path, False), make_results(TIMES_S))
    assert case.count(path) == len(TIMES_S)


@named(ALL)
def test_an_earlier_export_needs_overwrite(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    write_all(case.open(path, False), make_results(TIMES_S))
    with pytest.raises(SinkError, match="--overwrite"):
        case.open(path, False)
    assert case.count(path) == len(TIMES_S)
    write_all(case.open(path, True), make_results(TIMES_S))
    assert case.count(path) == len(TIMES_S)


@named(FILES)
def test_a_missing_folder_is_told_at_once(case: Case, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="does not exist"):
        case.open(tmp_path / "nowhere" / case.name, False)


@named(FOLDERS)
def test_a_missing_folder_is_made(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "new" / case.name
    write_all(case.open(path, False), make_results(TIMES_S))
    assert case.count(path) == len(TIMES_S)


@named([case for case in FILES if case.name in ("video.mp4", "people.json")])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_name_that_no_disk_takes_and_a_folder_of_that_name_are_told_at_once(
    case: Case, overwrite: bool, tmp_path: Path
) -> None:
    long = tmp_path / f"{'東' * 300}{case.name}"
    with pytest.raises(SinkError, match="too long"):
        case.open(long, overwrite)
    (tmp_path / case.name).mkdir()
    with pytest.raises(SinkError, match="is a folder"):
        case.open(tmp_path / case.name, overwrite)
    assert [path.name for path in tmp_path.iterdir()] == [case.name]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_picture_that_cannot_have_its_name_is_told_at_once(
    overwrite: bool, tmp_path: Path
) -> None:
    with pytest.raises(SinkError, match="too long"):
        PictureFilesSink([tmp_path / f"{'東' * 300}.png"], overwrite)
    (tmp_path / "photo.png").mkdir()
    with pytest.raises(SinkError, match="is a folder"):
        PictureFilesSink([tmp_path / "photo.png"], overwrite)


@named(ALL)
def test_a_full_disk_is_told_at_once(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.sink.outfile.MIN_FREE_BYTES", 2**80)
    with pytest.raises(SinkError, match="is full"):
        case.open(tmp_path / case.name, False)
    assert not (tmp_path / case.name).is_file()


def test_a_virtual_camera_shows_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    module = FakeVirtualCameraModule()
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    sink = VirtualCameraSink()
    assert isinstance(sink, Sink)
    write_all(sink, make_results(TIMES_S))
    sink.close()
    sink.write(make_results(TIMES_S)[0])
    (camera,) = module.cameras
    assert len(camera.frames) == len(TIMES_S)
    assert camera.close_count == 1
