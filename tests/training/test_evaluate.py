"""Evaluation: known answers of hand-made detections, and a whole run on made-up photos."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from engine.config import GroupOptions
from engine.errors import ConfigError, SourceUnreadable
from engine.training.coco_numbers import NUMBER_NAMES, coco_numbers, coco_truth, detections_of
from engine.training.dataset import Photo
from engine.training.eval_options import EvalOptions
from engine.training.eval_run import _boundary_ious, _case, _overlaps
from engine.training.eval_tables import PAPER_ROWS
from engine.training.eval_truth import select_photos, true_people
from engine.training.evaluate import evaluate, group_options, main
from engine.training.oracles import boxes_to_input, group_with_true_boxes, group_with_true_masks
from engine.types import InputGeometry, Instances
from tests.people_maps import make_prediction
from tests.tiny_onnx import METADATA, write_tiny_onnx

# pycocotools 2.0.11 decodes masks in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZE_HW = (200, 200)
BIG, OTHER = (0, 0, 100, 100), (100, 100, 100, 100)  # x, y, width, height; large for COCO


def annotation(bbox, **extra):
    x, y, w, h = bbox
    polygon = [x, y, x + w, y, x + w, y + h, x, y + h]
    found = {"image_id": 1, "category_id": 1, "bbox": list(bbox), "area": w * h, "iscrowd": 0}
    return found | {"segmentation": [polygon]} | extra


def crowd(bbox, **extra):
    x, y, w, h = bbox
    mask = np.zeros(SIZE_HW, np.uint8)
    mask[y : y + h, x : x + w] = 1
    rle = coco_mask.encode(np.asfortranarray(mask))
    return annotation(bbox, segmentation=rle, **({"iscrowd": 1} | extra))


def photo_with(*annotations, image_id=1, ignore_category=2):
    own = tuple(a | {"image_id": image_id} for a in annotations)
    people = sum(a["category_id"] == 1 and not a["iscrowd"] for a in own)
    return Photo(image_id, Path("none.jpg"), SIZE_HW, own, ignore_category, people)


def people_at(*boxes_xywh, scores=None):
    labels = np.zeros(SIZE_HW, np.uint8)
    for i, (x, y, w, h) in enumerate(boxes_xywh):
        labels[y : y + h, x : x + w] = i + 1
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes_xywh], np.float32)
    count = len(boxes_xywh)
    return Instances(
        labels=labels,
        boxes_xyxy=boxes.reshape(-1, 4),
        scores=np.array(scores or [0.9] * count, np.float32),
        track_ids=np.full(count, -1, np.int64),
    )


def numbers_of(photo, people, kind="segm"):
    return coco_numbers(coco_truth([photo]), detections_of(photo.image_id, people), kind)


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_perfect_people_reach_one(kind):
    numbers = numbers_of(
        photo_with(annotation(BIG), annotation(OTHER)), people_at(BIG, OTHER), kind
    )
    assert numbers["AP"] == pytest.approx(1)
    assert numbers["APL"] == pytest.approx(1)
    assert numbers["APS"] == -1  # there was no small person to find
    assert numbers["AR1"] == pytest.approx(0.5)
    assert numbers["AR100"] == pytest.approx(1)


def test_half_of_the_people_found_is_half_the_precision():
    numbers = numbers_of(photo_with(annotation(BIG), annotation(OTHER)), people_at(BIG))
    # Precision is 1 up to recall 0.5, that is at 51 of the 101 recalls.
    assert numbers["AP"] == pytest.approx(51 / 101)


def test_a_mask_of_iou_0_8_counts_at_six_of_ten_thresholds_and_a_half():
    # 0.5, 0.55, …, 0.8 are 7 of the 10 thresholds; IoU is exactly 0.8.
    numbers = numbers_of(photo_with(annotation(BIG)), people_at((0, 0, 100, 80)))
    assert numbers["AP"] == pytest.approx(0.7)
    assert numbers["AP50"] == pytest.approx(1)


def test_a_surer_wrong_person_halves_precision():
    people = people_at(OTHER, BIG, scores=[0.9, 0.5])
    assert numbers_of(photo_with(annotation(BIG)), people)["AP"] == pytest.approx(0.5)


@pytest.mark.parametrize("region", [crowd(OTHER), crowd(OTHER, iscrowd=0, category_id=2)])
def test_people_in_crowds_and_ignore_regions_are_not_judged(region):
    people = people_at(OTHER, BIG, scores=[0.9, 0.5])
    photo = photo_with(annotation(BIG), region)
    assert numbers_of(photo, people)["AP"] == pytest.approx(1)


def test_nobody_found_is_zero_rather_than_an_error():
    numbers = numbers_of(photo_with(annotation(BIG)), people_at())
    assert set(numbers.values) == {0.0}


def test_crowds_are_person_pixels_and_ignore_regions_are_unjudged():
    photo = photo_with(
        annotation((0, 0, 50, 50)),
        crowd((50, 0, 50, 50)),
        crowd((0, 100, 50, 50), iscrowd=0, category_id=2),
    )
    true = true_people(coco_truth([photo]), photo)
    assert len(true.masks) == 1
    assert true.boxes_xyxy.tolist() == [[0, 0, 50, 50]]
    assert true.union[25, 75]
    assert not true.judged[125, 25]
    assert not true.union[125, 25]


def test_quality_is_one_for_perfect_people_and_falls_with_each_mistake():
    photo = photo_with(annotation(BIG), annotation(OTHER))
    true = true_people(coco_truth([photo]), photo)
    perfect = _case(photo, _overlaps(detections_of(1, people_at(BIG, OTHER)), true))
    one_missed = _case(photo, _overlaps(detections_of(1, people_at(BIG)), true))
    assert perfect.quality == pytest.approx(1)
    assert one_missed.quality == pytest.approx(1 / 1.5)


def test_edges_of_a_missed_person_count_as_wrong():
    photo = photo_with(annotation(BIG), annotation(OTHER))
    true = true_people(coco_truth([photo]), photo)
    for people, expected in (
        (people_at(BIG, OTHER), [1, 1]),
        (people_at(OTHER), [0, 1]),
        (people_at(), [0, 0]),
    ):
        overlaps = _overlaps(detections_of(1, people), true)
        assert _boundary_ious(people, true, overlaps) == pytest.approx(expected)


BOXES = [(8.0, 8.0, 68.0, 88.0), (48.0, 8.0, 108.0, 88.0)]


def test_true_boxes_mend_peaks_that_propose_none():
    prediction = make_prediction(BOXES)
    options = GroupOptions(peak_probability=0.99, max_people=1)
    true_boxes = np.array(BOXES, np.float32) + np.float32(0.5)
    assert len(group_with_true_boxes(prediction, true_boxes, options)) == 2


def test_true_masks_mend_boxes_that_say_nothing():
    prediction = make_prediction(BOXES)
    prediction.box_deltas[:] = 0
    left, right = np.zeros((2, 97, 129), np.bool_)
    left[8:89, 8:58] = True
    right[8:89, 58:109] = True
    true_boxes = np.array([(8, 8, 58, 89), (58, 8, 109, 89)], np.float32)
    people = group_with_true_masks(prediction, [left, right], true_boxes, GroupOptions())
    assert len(people) == 2
    # Beside all true masks, yet within two cells of one: kept. Farther: nobody's.
    assert people.labels[48, 20] == 1
    assert people.labels[48, 100] == 2
    assert not (people.mask(0) & right)[:, 62:].any()


def test_boxes_go_to_the_input_and_back():
    geometry = InputGeometry(frame_hw=(480, 641), input_hw=(241, 321))
    boxes = np.array([[10, 20, 110, 220]], np.float32)
    there = boxes_to_input(boxes, geometry)
    np.testing.assert_allclose(geometry.boxes_to_frame(there), boxes, atol=1e-3)


@pytest.fixture
def coco_dir(tmp_path):
    """Two photos with a red rectangle each in the official layout, the person that is meant."""
    root = tmp_path / "coco"
    (root / "val2017").mkdir(parents=True)
    (root / "annotations").mkdir()
    images, annotations = [], []
    for image_id, (x, y, w, h) in enumerate([(30, 30, 120, 120), (60, 40, 100, 130)], start=1):
        picture = np.zeros((*SIZE_HW, 3), np.uint8)
        picture[y : y + h, x : x + w, 2] = 255
        cv2.imwrite(str(root / "val2017" / f"{image_id}.png"), picture)
        height, width = SIZE_HW
        name = f"{image_id}.png"
        images.append({"id": image_id, "file_name": name, "height": height, "width": width})
        annotations.append(annotation((x, y, w, h)) | {"image_id": image_id, "id": image_id})
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}],
    }
    (root / "annotations" / "instances_val2017.json").write_text(json.dumps(content))
    return root


@pytest.fixture
def red_model(tmp_path):
    """A network that sees red as person and boxes large enough to agree with each other."""
    metadata = METADATA | {"input_long_side": "97"}
    return write_tiny_onnx(tmp_path / "red.onnx", metadata=metadata, box_deltas=(0, 0, 2, 2))


def test_a_whole_run_on_the_official_layout_writes_its_report(
    coco_dir, red_model, tmp_path, capsys
):
    out = tmp_path / "report"
    arguments = ["--coco", str(coco_dir), "-m", str(red_model), "-p", "cpu", "--out", str(out)]
    arguments += ["--group", "assign_iou=0.4"]  # its boxes are poor
    assert main([*arguments, "--long-side", "97", "--long-side", "129"]) == 0
    printed = capsys.readouterr().out
    assert "ours at 97" in printed
    assert "paper: BBE MNv2 OS16 ASPP" in printed
    report = json.loads((out / "report.json").read_text())
    assert [size["long_side"] for size in report["sizes"]] == [97, 129]
    size = report["sizes"][0]
    assert size["semantic_iou"] > 0.9
    assert 0.4 < size["boundary_iou"] < 1
    assert size["masks"]["AP50"] > 0.4
    assert size["oracle_assignment"]["AP50"] == pytest.approx(1, abs=0.01)
    for name in ("curves.png", "worst-97.png", "best-129.png"):
        assert cv2.imread(str(out / name)) is not None


def test_without_sizes_it_measures_the_papers_and_the_models_own(coco_dir, red_model):
    report = evaluate(EvalOptions(coco_dir, str(red_model), max_photos=1))
    assert [size.long_side for size in report.sizes] == [961, 97]
    assert report.photos == 1


def test_a_photo_that_is_not_there_is_a_clear_error(coco_dir, red_model, capsys):
    (coco_dir / "val2017" / "2.png").unlink()
    with pytest.raises(SourceUnreadable, match=r"2\.png"):
        evaluate(EvalOptions(coco_dir, str(red_model), long_sides=(97,)))
    arguments = ["--coco", str(coco_dir), "--model", str(red_model), "--long-side", "97"]
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.strip().startswith("Error: ")
    assert "2.png" in printed.err
    assert not printed.out.strip()


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    coco_dir, red_model, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(
        "engine.training.evaluate.evaluate", lambda *_: pytest.fail("it was measured")
    )
    (tmp_path / "file").write_text("not a folder")
    arguments = ["--coco", str(coco_dir), "--model", str(red_model)]
    assert main([*arguments, "--out", str(tmp_path / "file")]) == 1
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-3"])
def test_no_photos_at_all_are_a_clear_error(count, coco_dir, capsys):
    assert main(["--coco", str(coco_dir), "--max-photos", count]) == 1
    assert f"max_photos is {count}" in capsys.readouterr().err


def test_grouping_can_be_changed_option_by_option(coco_dir, capsys):
    assert group_options([], as_in_paper=True) == GroupOptions.paper()
    changed = group_options(["nms_iou=0.5", "max_people=3"], as_in_paper=False)
    assert changed == GroupOptions(nms_iou=0.5, max_people=3, min_score=0.0)
    for wrong, message in (("nms=0.5", "no option 'nms'"), ("nms_iou=much", "'much' is no value")):
        assert main(["--coco", str(coco_dir), "--group", wrong]) == 1
        assert message in capsys.readouterr().err


def test_a_split_that_is_not_there_is_a_clear_error(coco_dir):
    with pytest.raises(ConfigError):
        EvalOptions(coco_dir, split="test")
    with pytest.raises(ConfigError):
        select_photos(EvalOptions(coco_dir, split="tune"))


def test_the_papers_rows_are_complete():
    assert len(PAPER_ROWS) == 10
    for values in PAPER_ROWS.values():
        assert len(values) == len(NUMBER_NAMES)
    assert PAPER_ROWS["BBE MNv2 OS8 ASPP"][0] == 0.296


@pytest.mark.shared
def test_tune_photos_are_a_small_part_of_the_training_photos(shared_dir):
    data = shared_dir / "data" / "people"
    tune = select_photos(EvalOptions(data, split="tune"))
    train = select_photos(EvalOptions(data, split="train"))
    exact = select_photos(EvalOptions(data, split="tune", exact_only=True))
    assert 0.03 < len(tune) / len(train) < 0.07
    assert 0 < len(exact) < len(tune)
