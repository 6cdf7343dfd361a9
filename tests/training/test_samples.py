"""Which crops make up which batch."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.errors import ConfigError
from engine.training.crops import make_crops
from engine.training.recipe import ScheduleOptions, TrainOptions, plus_options
from engine.training.samples import BatchOptions, CropMaker, plan_batches
from tests.training.conftest import Annotate, person, two_people, two_people_picture
from tests.training.tiny_run import tiny_options

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LENGTH = ScheduleOptions(images=8)


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    return tiny_options(coco_folder, tmp_path / "run")


def test_batches_are_a_function_of_seed_and_number(options: TrainOptions) -> None:
    maker = make_crops(plus_options(options.data, options.out, options.schedule))
    small = BatchOptions(size=2, long_sides=(97, 113))
    maker = CropMaker(maker.material, small, maker.augment, 7)

    def crops() -> Iterator[np.ndarray]:
        plans = plan_batches(maker.material.photos, small, 7)
        for _ in range(4):
            plan = next(plans)
            for place in range(2):
                crop = maker.make(plan, place)
                assert crop.labels.shape == plan.crop_hw
                yield crop.image_rgb

    for first, again in zip(crops(), crops(), strict=True):
        np.testing.assert_array_equal(first, again)


def test_each_photo_comes_once_per_round(options: TrainOptions) -> None:
    photos = make_crops(options).material.photos
    plans = plan_batches(photos, BatchOptions(size=2, long_sides=(97,), square_share=0.0), 1)
    for _ in range(5):
        assert sorted(next(plans).photos) == [0, 1]


def test_photos_with_masks_by_a_network_can_be_left_out(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    drawn = [two_people(0)[0], person(58, 6, 25, 53, source="box+model")]
    data = coco_folder([(two_people_picture(0), drawn), (two_people_picture(1), two_people(1))])
    options = replace(plus_options(data, tmp_path / "run", LENGTH), hold_out=False, only_exact=True)

    assert [photo.image_id for photo in make_crops(options).material.photos.photos] == [2]


def test_a_run_without_photos_is_a_clear_error(coco_folder: Annotate, tmp_path: Path) -> None:
    drawn = [person(58, 6, 25, 53, source="box+model")]
    data = coco_folder([(two_people_picture(0), drawn)])
    options = replace(plus_options(data, tmp_path / "run", LENGTH), only_exact=True)

    with pytest.raises(ConfigError, match="no photos of this kind"):
        make_crops(options)
