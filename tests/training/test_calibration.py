"""Confidence fitted to whether people are real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.errors import ConfigError
from engine.kernels.reference import calibrate as shipped
from engine.training import calibrate
from engine.training.calibration import (
    Curve,
    FoundPeople,
    SizedPeople,
    fit_curve,
    judge_people,
    log_loss,
    tenths_table,
)
from engine.training.dataset import Photo, read_photos
from engine.types import Instances
from tests.tiny_onnx import METADATA, write_tiny_onnx
from tests.training.conftest import Annotate, person

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

TRUE, IGNORED = (4, 4, 20, 30), (60, 4, 20, 30)


def people(*boxes: tuple[int, int, int, int], scores: tuple[float, ...]) -> Instances:
    """Rectangular people, later ones on top."""
    labels = np.zeros((97, 97), np.uint8)
    for i, (x, y, width, height) in enumerate(boxes):
        labels[y : y + height, x : x + width] = i + 1
    corners = [(x, y, x + w, y + h) for x, y, w, h in boxes]
    return Instances(
        labels=labels,
        boxes_xyxy=np.array(corners, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        track_ids=np.arange(len(boxes)),
    )


@pytest.fixture
def photos(coco_folder: Annotate) -> list[Photo]:
    """One photo with a person and a region that is not judged."""
    image = np.zeros((97, 97, 3), np.uint8)
    image[TRUE[1] : TRUE[1] + TRUE[3], TRUE[0] : TRUE[0] + TRUE[2]] = (255, 0, 0)
    ignored = person(*IGNORED, category_id=2, iscrowd=1)
    return read_photos(coco_folder([(image, [person(*TRUE), ignored])]))


def test_the_shipped_curve_is_the_one_that_grouping_uses() -> None:
    agreement, sizes = np.linspace(0, 1, 11), np.geomspace(1, 10_000, 11)
    confidence = Curve().confidence(agreement, sizes)
    np.testing.assert_allclose(confidence, shipped(agreement, sizes))
    np.testing.assert_allclose(Curve().agreement(confidence, sizes), agreement, atol=1e-12)


def test_a_person_is_real_where_the_mask_fits_and_unjudged_on_ignored_regions(
    photos: list[Photo],
) -> None:
    off = (40, 50, 20, 30)
    found = people(TRUE, off, IGNORED, scores=(0.9, 0.3, 0.8))
    judged = judge_people(photos, [SizedPeople(found, np.array([30.0, 40.0, 50.0]))])
    assert judged.sizes.tolist() == [30, 40]
    confidence = Curve().confidence(judged.agreement, judged.sizes)
    np.testing.assert_allclose(confidence, [0.9, 0.3], rtol=1e-5)
    assert judged.real.tolist() == [True, False]


def test_of_two_people_on_one_true_person_the_surer_is_real(photos: list[Photo]) -> None:
    upper, lower = (4, 4, 20, 20), (4, 24, 20, 10)  # IoU 2/3 and 1/3
    found = people(lower, upper, scores=(0.6, 0.9))
    judged = judge_people(photos, [SizedPeople(found, np.array([10.0, 20.0]))])
    assert judged.sizes.tolist() == [20, 10]  # the surest first
    assert judged.real.tolist() == [True, False]


def test_the_curve_that_made_the_answers_is_found_again() -> None:
    true = Curve(0.3, 0.06, 50.0)
    rng = np.random.default_rng(0)
    agreement, sizes = rng.uniform(0, 0.8, 40_000), np.exp(rng.uniform(0, 8, 40_000))
    real = rng.random(len(agreement)) < true.confidence(agreement, sizes)
    seen = FoundPeople(agreement, sizes, real)
    fitted = fit_curve(seen)
    assert (fitted.middle, fitted.width) == (pytest.approx(0.3, abs=5e-3), pytest.approx(0.06, 0.1))
    assert fitted.cells == pytest.approx(50, 0.15)
    assert log_loss(seen, fitted) < log_loss(seen, Curve())
    rows = tenths_table(seen, fitted).splitlines()[2:]
    assert len(rows) == 10
    assert all(abs(float(row.split("|")[-2])) < 0.05 for row in rows)


def test_photos_that_tell_nothing_are_explained(photos: list[Photo]) -> None:
    with pytest.raises(ConfigError, match="Nobody"):
        judge_people(photos, [SizedPeople(people(scores=()), np.zeros(0))])
    one_real = judge_people(photos, [SizedPeople(people(TRUE, scores=(0.9,)), np.array([30.0]))])
    with pytest.raises(ConfigError, match="real"):
        fit_curve(one_real)


def test_the_command_prints_both_curves(coco_folder: Annotate, tmp_path: Path) -> None:
    # Two red spots of four cells each, of which one is annotated.
    image = np.zeros((97, 97, 3), np.uint8)
    image[7:14, 7:14] = image[59:66, 51:58] = (255, 0, 0)
    data = coco_folder([(image, [person(7, 7, 7, 7)])])
    model = write_tiny_onnx(tmp_path / "red.onnx", metadata=METADATA | {"input_long_side": "97"})
    given = ["--people", str(data), "--model", str(model), "--split", "train"]
    ran = CliRunner().invoke(calibrate.app, [*given, "--threads", "1"])
    assert ran.exit_code == 0, ran.output
    shipped_curve = Curve()
    assert f"shipped: SCORE_MIDDLE = {shipped_curve.middle:.3f}" in ran.output
    assert "fitted: SCORE_MIDDLE" in ran.output
