"""Crops made with PyTorch are those that OpenCV makes of the same plans."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import torch

from engine.training.augment import AugmentOptions, CutoutPlace
from engine.training.compose import PADDING_GREY, Crop
from engine.training.crop_plan import CropPlan, CutoutLayer, PeopleLayer, PhotoLayer, RoomLayer
from engine.training.dataset import IGNORE
from engine.training.faults import Blur, Faults, Jpeg, Noise
from engine.training.material import Material
from engine.training.on_device.batches import DeviceCrops
from engine.training.on_device.packing import pack
from engine.training.samples import BatchOptions, CropMaker, plan_batches
from engine.training.targets import TargetBatch, collate

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CPU = torch.device("cpu")


@pytest.fixture
def maker(material: Material) -> CropMaker:
    batch = BatchOptions(size=8, long_sides=(97, 193), room_share=0.25)
    augment = AugmentOptions(paste=0.7, degrade=0.5, low_light=0.2, rotation_share=0.5)
    return CropMaker(material, batch, augment, 3)


def on_host(maker: CropMaker, plans: Sequence[CropPlan]) -> list[Crop]:
    return [maker.carry_out(plan) for plan in plans]


def on_device(maker: CropMaker, plans: Sequence[CropPlan]) -> TargetBatch:
    crops = DeviceCrops(maker, CPU)
    return crops.make(pack(plans, crops.dataset.shelf))


def seen_through(matrix: Sequence[Sequence[float]], number: int = 0) -> CropPlan:
    return CropPlan((81, 113), PhotoLayer(number, np.array(matrix, np.float64)), (), Faults())


def boxes_of(batch: TargetBatch, crop: int, people: int) -> np.ndarray:
    return batch.boxes_xyxy[crop, 1 : 1 + people].numpy()


def test_random_crops_are_those_of_the_loader(maker: CropMaker) -> None:
    kinds: Counter[str] = Counter()
    crops = DeviceCrops(maker, CPU)
    for batch_plan in islice(plan_batches(maker.material.photos, maker.batch, 3), 6):
        made = crops.make(crops.dataset[batch_plan])
        wanted = collate([maker.make(batch_plan, place) for place in range(8)])
        for place in range(8):
            plan = maker.draw(batch_plan, place)
            kinds.update(type(part).__name__ for part in (plan.ground, *plan.pasted))
            ours, theirs = made.images[place].numpy(), wanted.images[place].numpy()
            difference = np.abs(ours.astype(float) - theirs)
            last = plan.faults.degradation
            if plan.faults.low_light is None and not isinstance(last, Noise):
                assert difference.mean() < (3 if isinstance(last, Jpeg) else 0.5)
            assert abs(ours.mean() - theirs.mean()) < 1.5
            assert (made.labels[place] != wanted.labels[place]).float().mean() < 0.005
            np.testing.assert_allclose(
                made.boxes_xyxy[place].numpy(), wanted.boxes_xyxy[place].numpy(), atol=1.01
            )
        assert made.most_people >= wanted.most_people > 0
        assert not torch.isfinite(made.boxes_xyxy[:, made.most_people + 1 :]).any()
        assert torch.isfinite(wanted.boxes_xyxy[:, wanted.most_people, 0]).any()
    assert min(kinds[kind] for kind in ("PhotoLayer", "RoomLayer", "PeopleLayer")) > 3
    assert kinds["CutoutLayer"] > 10


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 0, 0], [0, 1, 0]],
        [[-1.0, 0, 112], [0, 1, 0]],
        [[1.0, 0, -25], [0, 1, -30]],  # cuts both people
        [[1.0, 0, -38], [0, 1, 0]],  # leaves two columns of the first
        [[1.0, 0, -39.5], [0, 1, -79]],  # leaves too few pixels of both
        [[0.0, -1, 100], [1, 0, -10]],
        [[0.25, 0, 30.3], [0, 0.25, 7.7]],
        [[0.9, -0.3, 12.2], [0.3, 0.9, -8.9]],
        [[2.7, 0, -33.1], [0, 2.7, -61.7]],
        [[1.0, 0, 500], [0, 1, 0]],  # nothing of it
    ],
)
def test_people_who_are_moved_cut_and_turned_keep_the_rules(
    maker: CropMaker, matrix: list[list[float]]
) -> None:
    plans = [seen_through(matrix, number) for number in range(3)]
    made, wanted = on_device(maker, plans), on_host(maker, plans)
    for i, crop in enumerate(wanted):
        difference = np.abs(made.images[i].numpy().astype(float) - crop.image_rgb)
        assert difference.mean() < 0.3
        assert (made.labels[i].numpy() != crop.labels).mean() < 0.005
        ours = boxes_of(made, i, len(crop.boxes_xyxy))
        np.testing.assert_allclose(ours, crop.boxes_xyxy, atol=1.01)
    assert not torch.isfinite(made.boxes_xyxy[:, 0]).any()


def test_what_lies_outside_is_grey_and_not_judged(maker: CropMaker) -> None:
    made = on_device(maker, [seen_through([[1.0, 0, 500], [0, 1, 0]])])
    assert (made.images == PADDING_GREY).all()
    assert (made.labels == IGNORE).all()


def test_who_is_pasted_later_stands_in_front(maker: CropMaker) -> None:
    """A large cut-out hides the small one before it, and a photo's person in part."""
    small, large = (CutoutPlace(h, 56.0, 78.0, False) for h in (30.0, 70.0))
    empty = PhotoLayer(2, np.array([[1.0, 0, 500], [0, 1, 0]]))
    both = CropPlan((81, 113), empty, (CutoutLayer(0, small), CutoutLayer(1, large)), Faults())
    turned = replace(both, pasted=both.pasted[::-1])
    made = on_device(maker, [both, turned])
    labels = made.labels[:, 60, 56].tolist()  # both stand there
    assert labels == [3, 3]  # label 1 belongs to the photo's person, who is not seen
    assert np.isnan(boxes_of(made, 0, 3)[:2]).all()
    assert np.isfinite(boxes_of(made, 1, 3)[1:]).all()
    for place, crop in enumerate(on_host(maker, [both, turned])):
        np.testing.assert_allclose(boxes_of(made, place, 3), crop.boxes_xyxy, atol=1.01)


def test_only_the_best_visible_people_are_pasted(maker: CropMaker) -> None:
    """The first choice lies outside the crop, so the second is taken."""
    away = np.array([[1.0, 0, -45], [0, 1, 0]])
    layer = PeopleLayer(0, away, np.array([1, 0]), 1)  # person 1 is the smaller, left one
    plan = CropPlan((81, 113), RoomLayer(0, False), (layer,), Faults())
    made = on_device(maker, [plan])
    (crop,) = on_host(maker, [plan])
    assert len(crop.boxes_xyxy) == 1
    np.testing.assert_allclose(boxes_of(made, 0, 1), crop.boxes_xyxy, atol=1.01)
    assert set(made.labels.unique().tolist()) == {0, 1}


def test_a_batch_is_the_same_every_time(maker: CropMaker) -> None:
    crops, again = DeviceCrops(maker, CPU), DeviceCrops(maker, CPU)
    for plan in islice(plan_batches(maker.material.photos, maker.batch, 3), 2):
        first, second = crops.make(crops.dataset[plan]), again.make(again.dataset[plan])
        torch.testing.assert_close(first.images, second.images, rtol=0, atol=0)
        torch.testing.assert_close(first.labels, second.labels, rtol=0, atol=0)
        boxes = (batch.boxes_xyxy for batch in (first, second))
        torch.testing.assert_close(*boxes, rtol=0, atol=0, equal_nan=True)


def test_the_host_reads_nothing_back_from_the_device(maker: CropMaker) -> None:
    """Tensors without values stand for a busy GPU: reading one is an error."""
    device = torch.device("meta")
    crops = DeviceCrops(maker, device)
    faults = (Faults(degradation=Jpeg(30)), Faults(degradation=Blur(1.0)))
    for batch_plan in islice(plan_batches(maker.material.photos, maker.batch, 3), 4):
        plans = [maker.draw(batch_plan, place) for place in range(8)]
        quiet = [replace(p, faults=faults[i % 2]) for i, p in enumerate(plans)]  # no generators
        made = crops.make(pack(quiet, crops.dataset.shelf))
        assert made.images.device == device
        assert made.images.shape == (8, *batch_plan.crop_hw, 3)
    with pytest.raises(RuntimeError, match="meta"):
        made.boxes_xyxy.sum().item()
