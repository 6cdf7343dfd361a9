"""A whole pass over small photos with a network that sees red as person."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from typer.testing import CliRunner

from engine.errors import ConfigError
from engine.training import relabel as command
from engine.training.box_masks import BoxMaskOptions
from engine.training.cache import CachedPhotoStore
from engine.training.dataset import IGNORE, load_photo, read_photos
from engine.training.relabelling import RelabelOptions, relabel
from tests.tiny_onnx import METADATA, write_tiny_onnx
from tests.training.conftest import Annotate, person

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

# The pixels nearer to red cells of the stride-4 grid than to black ones.
KNOWN, DRAWN, MISSED = (7, 7, 19, 31), (39, 7, 19, 31), (4, 46, 20, 12)


def window(x: int, y: int, width: int, height: int) -> tuple[slice, slice]:
    return slice(y, y + height), slice(x, x + width)


def ignored(mask: np.ndarray) -> dict[str, Any]:
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    rle = {"size": rle["size"], "counts": rle["counts"].decode()}
    return {"category_id": 2, "iscrowd": 1, "bbox": [0, 0, 97, 97], "area": 1, "segmentation": rle}


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> RelabelOptions:
    """A photo with a person known by the box, one drawn by hand, and one nobody sees."""
    image = np.zeros((97, 97, 3), np.uint8)
    for box in (KNOWN, DRAWN):
        image[window(*box)] = (255, 0, 0)
    poor = person(*KNOWN, source="box+model", segmentation=[[10, 10, 14, 10, 14, 14, 10, 14]])
    region = np.zeros((97, 97), np.bool_)
    region[:40, :30] = True
    region[90:] = True
    missed = person(*MISSED, source="box+model")
    root = coco_folder([(image, [poor, person(*DRAWN, source="coco"), missed, ignored(region)])])
    model = write_tiny_onnx(tmp_path / "red.onnx", metadata=METADATA | {"input_long_side": "97"})
    masks = BoxMaskOptions(min_iou=0.0)
    return RelabelOptions(root, tmp_path / "new.json", str(model), threads=1, masks=masks)


def annotations(path: Path) -> dict[int, dict[str, Any]]:
    return {a["id"]: a for a in json.loads(path.read_text())["annotations"]}


def test_masks_by_another_network_are_replaced_and_drawn_ones_stay(options: RelabelOptions) -> None:
    report = relabel(options)
    before = annotations(options.data / "annotations" / "instances_train.json")
    after = annotations(options.out)
    assert (report.replaced, report.kept) == (1, 1)
    assert after[1]["source"] == "relabelled"
    assert after[1]["bbox"] == before[1]["bbox"]
    assert after[2] == before[2]
    assert after[3] == before[3]


def test_training_reads_the_new_masks(options: RelabelOptions, tmp_path: Path) -> None:
    relabel(options)
    (old,), (new,) = read_photos(options.data), read_photos(options.data, annotations=options.out)
    labels, exact = (lambda p: (p.labels, p.exact))(load_photo(new, 640))
    known, drawn = labels[20, 16], labels[20, 48]
    wanted = np.zeros((97, 97), np.bool_)
    wanted[window(*KNOWN)] = True
    assert ((labels == known) != wanted).sum() <= 4  # corners are rounded
    assert not exact[known - 1]
    assert exact[drawn - 1]
    first = CachedPhotoStore([old], 640, tmp_path / "cache")[0]
    second = CachedPhotoStore([new], 640, tmp_path / "cache")[0]
    assert (first.labels != second.labels).any()


def test_regions_that_were_not_judged_are_judged_inside_the_boxes(options: RelabelOptions) -> None:
    relabel(options)
    (photo,) = read_photos(options.data, annotations=options.out)
    labels = load_photo(photo, 640).labels
    assert labels[3, 3] == IGNORE  # outside every box: as before
    assert labels[93, 40] == IGNORE
    inside = labels[window(*KNOWN)]
    assert (inside != IGNORE).mean() > 0.9


def test_drawn_people_tell_how_good_the_masks_are(options: RelabelOptions) -> None:
    (drawn,) = relabel(options).drawn
    assert drawn.iou > 0.97
    assert drawn.fit > 0.9
    assert drawn.area_px == pytest.approx(19 * 31, rel=0.02)


def test_the_annotations_themselves_are_not_overwritten(options: RelabelOptions) -> None:
    file = options.data / "annotations" / "instances_train.json"
    with pytest.raises(ConfigError, match="overwritten"):
        relabel(replace(options, out=file))


def test_the_command_prints_the_quality_and_explains_wrong_options(
    options: RelabelOptions,
) -> None:
    given = ["--people", str(options.data), "--out", str(options.out), "--model", options.model]
    ran = CliRunner().invoke(command.app, [*given, "--set", "min_iou=0"])
    assert ran.exit_code == 0, ran.output
    assert "| trained on, small | 1 | 1.000 | 1.000 | 100% |" in ran.output
    assert "1 masks replaced, 1 kept" in ran.output
    ran = CliRunner().invoke(command.app, [*given, "--set", "certain=1"])
    assert ran.exit_code == 1
    assert "no option 'certain'" in ran.output
