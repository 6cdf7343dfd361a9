"""Label pictures and COCO annotations: the masks come back as they were."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from engine.errors import SinkError
from engine.palette import colour_of
from engine.sink.coco import CocoJsonSink, finish_coco
from engine.sink.masks import LabelPngSink, label_values
from engine.sink.picture_files import frame_names
from engine.styles import Newcomers, NewPeople, PersonEffect, PersonStyle, RenderOptions
from engine.types import Result
from tests.engine.sink_cases import file_size_limit, make_result, make_results, write_all


def load_coco(path: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def read_labels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def lines(folder: Path) -> list[dict[str, object]]:
    text = (folder / "labels.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("track_ids", "values"),
    [
        ((3, 7), [3, 7]),
        ((-1, -1), [1, 2]),
        ((2, -1, 1), [2, 3, 1]),
        ((255, 256, 1000), [255, 1, 2]),
        ((4, 4), [4, 1]),
        ((), []),
    ],
)
def test_a_value_is_the_track_id_wherever_that_fits(
    track_ids: tuple[int, ...], values: list[int]
) -> None:
    assert label_values(make_result(0, 0.0, track_ids=track_ids).instances).tolist() == values


def test_every_person_of_a_full_frame_has_a_value_of_their_own() -> None:
    everybody = tuple(range(100, 355))
    values = label_values(make_result(0, 0.0, (32, 2048), everybody).instances)
    assert sorted(values.tolist()) == list(range(1, 256))


def test_label_pictures_hold_the_masks_in_the_colours_of_the_application(tmp_path: Path) -> None:
    result = make_result(12, 0.5, track_ids=(3, 300))
    write_all(LabelPngSink(tmp_path), [result])
    labels = read_labels(tmp_path / "000012.png")
    assert np.array_equal(labels == 3, result.instances.mask(0))
    assert np.array_equal(labels == 1, result.instances.mask(1))
    assert set(np.unique(labels)) == {0, 1, 3}
    shown = Image.open(tmp_path / "000012.png").convert("RGB")
    assert shown.getpixel((5, 10)) == colour_of(3)[::-1]
    assert shown.getpixel((0, 0)) == (0, 0, 0)


def test_the_list_tells_who_is_who(tmp_path: Path) -> None:
    write_all(LabelPngSink(tmp_path), [make_result(4, 0.25, track_ids=(3, 300))])
    (line,) = lines(tmp_path)
    assert line == {
        "file": "000004.png",
        "frame_index": 4,
        "time_s": 0.25,
        "people": [
            {"value": 3, "track_id": 3, "score": 0.9, "box_xyxy": [4.0, 8.0, 10.0, 24.0]},
            {"value": 1, "track_id": 300, "score": 0.6, "box_xyxy": [12.0, 8.0, 18.0, 24.0]},
        ],
    }


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_whoever_has_a_name_has_it_in_the_list_and_in_coco(tmp_path: Path) -> None:
    render = RenderOptions(styles={7: PersonStyle(name="Zoë 田中")})
    result = make_result(0, 0.0, track_ids=(3, 7, -1), render=render)
    for people in told(tmp_path, result):
        assert [person.get("name") for person in people] == [None, "Zoë 田中", None]


def told(folder: Path, result: Result, **options: bool) -> tuple[list[dict[str, object]], ...]:
    """What the list of the label PNGs and a COCO file tell of the people of a result."""
    write_all(LabelPngSink(folder / "masks", **options), [result])
    write_all(CocoJsonSink(folder / "people.json", **options), [result])
    (line,) = lines(folder / "masks")
    coco = load_coco(folder / "people.json")
    return line["people"], coco.loadAnns(coco.getAnnIds())


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_nothing_is_told_of_who_is_hidden(tmp_path: Path) -> None:
    hidden = PersonStyle(PersonEffect.HIDE, name="Anna")
    render = RenderOptions(styles={3: hidden}, newcomers=Newcomers().then(9, NewPeople.HIDE))
    result = make_result(0, 0.0, track_ids=(3, 7, 9), render=render)
    for people in told(tmp_path, result):
        assert [person["track_id"] for person in people] == [7]
    labels = read_labels(tmp_path / "masks" / "000000.png")
    assert np.array_equal(labels == 7, result.instances.mask(1))
    assert set(np.unique(labels)) == {0, 7}
    for written in ("masks/labels.jsonl", "people.json"):
        assert "Anna" not in (tmp_path / written).read_text()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_shapes_of_who_is_hidden_are_told_where_asked_for_and_never_their_names(
    tmp_path: Path,
) -> None:
    styles = {
        3: PersonStyle(PersonEffect.HIDE, name="Anna"),
        7: PersonStyle(PersonEffect.BLUR, name="Ben"),
        8: PersonStyle(PersonEffect.PLAIN, name="Cleo"),
    }
    result = make_result(0, 0.0, track_ids=(3, 7, 8), render=RenderOptions(styles=styles))
    for people in told(tmp_path, result, hidden_too=True):
        assert [person["track_id"] for person in people] == [3, 7, 8]
        assert [person.get("name") for person in people] == [None, None, "Cleo"]
    labels = read_labels(tmp_path / "masks" / "000000.png")
    assert np.array_equal(labels == 3, result.instances.mask(0))


def test_a_crash_leaves_complete_lines(tmp_path: Path) -> None:
    sink = LabelPngSink(tmp_path)
    sink.write(make_result(0, 0.0))
    assert [line["file"] for line in lines(tmp_path)] == ["000000.png"]
    sink.close()


# pycocotools 2.0 has not followed NumPy 2 there.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_coco_loads_and_gives_the_masks_back(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    results = make_results([0.0, 0.1, 0.2], track_ids=(5, 6, -1))
    write_all(CocoJsonSink(path), results)
    coco = load_coco(path)
    assert len(coco.getImgIds()) == 3
    assert coco.getCatIds(catNms=["person"]) == [1]
    for result, image_id in zip(results, coco.getImgIds(), strict=True):
        image = coco.loadImgs(image_id)[0]
        assert (image["frame_index"], image["time_s"]) == (result.frame.index, result.frame.time_s)
        assert (image["height"], image["width"]) == result.frame.size_hw
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=image_id))
        assert [a["track_id"] for a in annotations] == [5, 6, -1]
        for i, annotation in enumerate(annotations):
            mask = result.instances.mask(i)
            assert np.array_equal(coco.annToMask(annotation), mask)
            assert annotation["area"] == mask.sum()
            assert annotation["bbox"] == [8 * i + 4, 8, 6, 16]
            assert annotation["score"] == pytest.approx(result.instances.scores[i], abs=1e-4)
    ids = coco.getAnnIds()
    assert sorted(ids) == list(range(1, 10))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_box_leaves_out_pixels_astray_and_the_area_counts_them(tmp_path: Path) -> None:
    result = make_result(0, 0.0, track_ids=(3,))
    result.instances.labels[40, 60] = 1
    result.instances.boxes_xyxy[0] = (5, 9, 8, 12)  # the network's
    write_all(CocoJsonSink(tmp_path / "people.json"), [result])
    write_all(LabelPngSink(tmp_path / "masks"), [result])
    (annotation,) = load_coco(tmp_path / "people.json").loadAnns([1])
    assert annotation["bbox"] == [4, 8, 6, 16]
    assert annotation["area"] == 6 * 16 + 1
    assert lines(tmp_path / "masks")[0]["people"][0]["box_xyxy"] == [4, 8, 10, 24]


def test_frames_without_people_are_images_without_annotations(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    write_all(CocoJsonSink(path), [make_result(0, 0.0, track_ids=()), make_result(1, 0.1)])
    coco = load_coco(path)
    assert [len(coco.getAnnIds(imgIds=i)) for i in coco.getImgIds()] == [0, 2]


def test_a_person_without_a_pixel_is_left_out(tmp_path: Path) -> None:
    result = make_result(0, 0.0)
    hidden = result.instances.labels
    hidden[hidden == 1] = 0
    path = tmp_path / "people.json"
    write_all(CocoJsonSink(path), [result])
    assert [a["track_id"] for a in load_coco(path).loadAnns([1])] == [7]
    assert len(load_coco(path).getAnnIds()) == 1


def test_pictures_can_keep_their_own_names(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    names = ["Zoë.jpg", "b.png"]
    sink = CocoJsonSink(path, file_name=lambda frame: names[frame.index])
    write_all(sink, make_results([0.0, 1.0]))
    assert [image["file_name"] for image in load_coco(path).dataset["images"]] == names


def test_coco_tells_apart_photos_of_one_name_from_two_folders(tmp_path: Path) -> None:
    photos = [tmp_path / "a/1.jpg", tmp_path / "b/c/1.jpg", tmp_path / "b/2.jpg"]
    mask_name, coco_name = frame_names(photos)
    frames = [result.frame for result in make_results([0.0, 1.0, 2.0])]
    assert [coco_name(frame) for frame in frames] == ["a/1.jpg", "b/c/1.jpg", "b/2.jpg"]
    assert [mask_name(frame) for frame in frames] == ["1.png", "1 2.png", "2.png"]
    assert frame_names(photos[1:])[1](frames[0]) == "1.jpg"


def test_a_frame_shown_again_is_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    write_all(CocoJsonSink(path), [make_result(0, 0.0), make_result(0, 0.0), make_result(1, 0.1)])
    assert len(load_coco(path).getImgIds()) == 2


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
