"""Which crops make up which batch."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.training.crops import make_crops
from engine.training.recipe import TrainOptions, plus_options
from engine.training.samples import BatchOptions, CropMaker, plan_batches
from tests.training.conftest import Annotate
from tests.training.tiny_run import tiny_options

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


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
