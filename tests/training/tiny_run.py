"""Options of a run that takes a second."""

from __future__ import annotations

from pathlib import Path

from engine.network import NetworkOptions
from engine.training.recipe import BatchNormMode, Precision, ScheduleOptions, TrainOptions
from engine.training.samples import BatchOptions
from tests.training.conftest import Annotate, two_people, two_people_picture


def tiny_options(coco_folder: Annotate, out: Path) -> TrainOptions:
    """A run of eight pictures on two photos."""
    root = coco_folder([(two_people_picture(seed), two_people(seed)) for seed in (1, 2)])
    return TrainOptions(
        data=root,
        out=out,
        schedule=ScheduleOptions(images=8, lr=1e-3, ema=0.9),
        network=NetworkOptions(width=16, skip_width=8),
        batch=BatchOptions(size=2, long_sides=(97,), short_over_long=0.75),
        pretrained=False,
        batchnorm=BatchNormMode.TRAIN,
        freeze=0,
        hold_out=False,
        precision=Precision.FLOAT32,
        workers=0,
        checkpoint_minutes=1e9,
        picture_minutes=1e9,
    )
