"""Label pictures and COCO annotations after a crash, a full disk or a failed first picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SinkError
from engine.sink.coco import CocoJsonSink, finish_coco
from engine.sink.masks import LabelPngSink
from engine.types import Result
from tests.engine.mask_cases import lines, load_coco
from tests.engine.sink_cases import file_size_limit, make_result, make_results, write_all


def crash_after(path: Path, results: list[Result], cut_off: str) -> Path:
    """What a killed export leaves: its lines, the last one incomplete."""
    sink = CocoJsonSink(path)
    for result in results:
        sink.write(result)
    left = sink.part_path.read_text() + cut_off
    sink.close()
    path.unlink()
    sink.part_path.write_text(left)
    return sink.part_path


def test_a_crashed_export_can_be_finished(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    part = crash_after(path, make_results([0.0, 0.1]), '{"image": {"id": 3, "fi')
    with pytest.raises(SinkError, match=r"part\.jsonl exists already: an export .* left"):
        CocoJsonSink(path)
    finish_coco(part, path)
    assert len(load_coco(path).getAnnIds()) == 4
    assert [file.name for file in tmp_path.iterdir()] == ["people.json"]


@pytest.mark.parametrize("damage", ["\0\0\0\n", '{"image": {}}\n'])
def test_a_damaged_line_of_a_crashed_export_is_told(damage: str, tmp_path: Path) -> None:
    part = crash_after(tmp_path / "people.json", make_results([0.0]), damage)
    with pytest.raises(SinkError, match=r"part\.jsonl holds a damaged line"):
        finish_coco(part, tmp_path / "people.json")
    assert part.exists()


def test_a_disk_full_at_the_end_keeps_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    sink = CocoJsonSink(path)
    for result in make_results([i / 10 for i in range(20)]):
        sink.write(result)
    with file_size_limit(1000), pytest.raises(SinkError, match="No space is left"):
        sink.close()
    assert [file.name for file in tmp_path.iterdir()] == [sink.part_path.name]
    sink.close()
    assert not path.exists()
    finish_coco(sink.part_path, path)
    assert len(load_coco(path).getImgIds()) == 20


@pytest.mark.parametrize("kind", [LabelPngSink, CocoJsonSink])
def test_a_disk_that_fills_up_is_told(
    kind: type[LabelPngSink] | type[CocoJsonSink], tmp_path: Path
) -> None:
    sink = kind(tmp_path / "out")
    with file_size_limit(40), pytest.raises(SinkError, match="No space is left"):
        sink.write(make_result(0, 0.0))
    sink.close()
    write_all(kind(tmp_path / "out"), [make_result(0, 0.0)])


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("")
    with pytest.raises(SinkError, match="is a file"):
        LabelPngSink(tmp_path / "labels")


def test_a_picture_that_was_there_before_is_not_replaced(tmp_path: Path) -> None:
    own = tmp_path / "000001.png"
    own.write_bytes(b"mine")
    sink = LabelPngSink(tmp_path)
    sink.write(make_result(0, 0.0))
    sink.write(make_result(0, 0.0))  # its own it may
    with pytest.raises(SinkError, match="--overwrite"):
        sink.write(make_result(1, 0.1))
    sink.close()
    assert own.read_bytes() == b"mine"
    write_all(LabelPngSink(tmp_path, overwrite=True), [make_result(1, 0.1)])
    assert own.read_bytes() != b"mine"


@pytest.mark.parametrize("reason", ["disk", "own picture"])
def test_a_first_picture_that_fails_leaves_nothing_in_the_way_of_another_try(
    reason: str, tmp_path: Path
) -> None:
    own = tmp_path / "000000.png"
    sink = LabelPngSink(tmp_path)
    if reason == "own picture":
        own.write_bytes(b"mine")
    with file_size_limit(40 if reason == "disk" else 10**6), pytest.raises(SinkError):
        sink.write(make_result(0, 0.0))
    sink.close()
    assert not (tmp_path / "labels.jsonl").exists()
    own.unlink(missing_ok=True)
    write_all(LabelPngSink(tmp_path), [make_result(0, 0.0)])
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("kind", [LabelPngSink, CocoJsonSink])
def test_an_export_without_a_picture_leaves_nothing_in_the_way_of_another_try(
    kind: type[LabelPngSink] | type[CocoJsonSink], tmp_path: Path
) -> None:
    for _ in range(2):
        kind(tmp_path / "out").close()
    write_all(kind(tmp_path / "out"), [make_result(0, 0.0)])


def test_an_export_that_overwrites_without_a_picture_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    write_all(LabelPngSink(tmp_path), make_results([0.0, 0.1]))
    write_all(CocoJsonSink(path), make_results([0.0, 0.1]))
    part = tmp_path / "people.json.part.jsonl"
    part.write_text("of a crashed export")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    LabelPngSink(tmp_path, overwrite=True).close()
    CocoJsonSink(path, overwrite=True).close()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    write_all(LabelPngSink(tmp_path, overwrite=True), [make_result(0, 0.0)])
    write_all(CocoJsonSink(path, overwrite=True), [make_result(0, 0.0)])
    assert len(lines(tmp_path)) == len(load_coco(path).getImgIds()) == 1
    assert not part.exists()
