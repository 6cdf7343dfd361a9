"""Label pictures and COCO annotations: the masks come back as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.palette import colour_of
from engine.sink.coco import CocoJsonSink
from engine.sink.masks import LabelPngSink, label_values
from engine.sink.picture_files import frame_names
from engine.styles import Newcomers, NewPeople, PersonEffect, PersonStyle, RenderOptions
from engine.types import Result
from tests.engine.mask_cases import lines, load_coco
from tests.engine.sink_cases import make_result, make_results, write_all


def read_labels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


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
