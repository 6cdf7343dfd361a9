"""Whole runs on small pictures: resume, divergence, overfitting."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import json
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.config import GroupOptions
from engine.errors import ConfigError, EngineError
from engine.group import group
from engine.network import ANCHOR_WH, NetworkOptions
from engine.training import feed, report
from engine.training import run as runs
from engine.training import train as trainer
from engine.training.augment import NO_AUGMENT
from engine.training.checkpoint import latest_checkpoint, load_checkpoint
from engine.training.coco_numbers import coco_numbers, coco_truth, detections_of
from engine.training.dataset import read_photos
from engine.training.export import ExportOptions, export_network, network_of
from engine.training.loss_options import LossOptions
from engine.training.recipe import AugmentOn, ScheduleOptions, TrainOptions
from engine.training.samples import BatchOptions
from engine.training.step import TrainingDiverged
from engine.types import Frame, InputGeometry, Prediction
from tests.training.conftest import Annotate, two_people_picture
from tests.training.test_network import folded_network
from tests.training.tiny_run import tiny_options

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # TensorBoard's and torch's own, about their dependencies.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard"),
]


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    return tiny_options(coco_folder, tmp_path / "run")


def test_a_run_leaves_a_checkpoint_that_tells_how_it_was_made(options: TrainOptions) -> None:
    progress = trainer.main(replace(options, command="bbe train --people data"))
    assert (progress.step, progress.images) == (4, 8)
    folder = latest_checkpoint(options.out)
    assert folder is not None
    about = json.loads((folder / "state.json").read_text())
    assert about["command"] == "bbe train --people data"
    assert about["options"]["seed"] == 1
    assert "commit" in about
    assert all(file.stat().st_size < 16 * 2**20 for file in folder.iterdir())
    assert list((options.out / "tensorboard").iterdir())


def test_a_run_writes_its_losses_and_a_grid_of_pictures(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "LOG_STEPS", 1)
    trainer.main(replace(options, picture_minutes=0.0))
    events = EventAccumulator(str(options.out / "tensorboard"), {"images": 0})
    events.Reload()
    losses = events.Scalars("train/total")
    assert [event.step for event in losses] == [2, 4, 6, 8]
    assert all(event.value > 0 for event in losses)
    assert {"train/giou", "train/gradient_norm", "train/images_per_s"} <= set(
        events.Tags()["scalars"]
    )
    assert events.Images("held_out")[0].width == 4 * 97  # photo, people, map, boxes


def test_a_run_tells_how_long_it_waits_for_the_loader(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tens, halves = count(0.0, 10.0), count(0.0, 1.5)
    monkeypatch.setattr(report, "LOG_STEPS", 1)
    monkeypatch.setattr(report, "time", SimpleNamespace(monotonic=lambda: next(tens)))
    monkeypatch.setattr(feed, "time", SimpleNamespace(perf_counter=lambda: next(halves)))
    trainer.main(options)
    events = EventAccumulator(str(options.out / "tensorboard"))
    events.Reload()
    shares = [event.value for event in events.Scalars("train/waiting_share")]
    assert shares == pytest.approx([0, 0.15, 0.15, 0.15])  # the clock starts with the first step
    assert "waiting 15%" in capsys.readouterr().out


def test_the_use_of_the_gpu_is_told_where_it_can_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    class NVMLError(Exception):
        """As in nvidia-ml-py."""

    def not_supported(device: str) -> int:
        raise NVMLError

    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert report.gpu_utilisation("cuda") is None
    monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(NVMLError=NVMLError))
    monkeypatch.setattr(torch.cuda, "utilization", lambda device: 87)
    assert report.gpu_utilisation("cuda:1") == 0.87
    assert report.gpu_utilisation("cpu") is None
    monkeypatch.setattr(torch.cuda, "utilization", not_supported)
    assert report.gpu_utilisation("cuda") is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's, about its exporter
@pytest.mark.parametrize(
    ("taught", "place"), [(False, "loader"), (True, "loader"), (False, "device")]
)
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    options: TrainOptions,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    taught: bool,
    place: AugmentOn,
) -> None:
    network = replace(options.network, context_dropout=0.5)
    options = replace(options, augment_on=place, network=network)
    if taught:
        teacher = folded_network()
        export_network(teacher, tmp_path / "teacher.onnx", ExportOptions(), 97)
        options = replace(options, teacher=tmp_path / "teacher.onnx")
    trainer.main(options)
    halved = replace(options, out=tmp_path / "halved", checkpoint_minutes=0.0)
    steps = trainer.train_step
    calls = iter(range(100))

    def killed_in_third(*arguments: object) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return steps(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "train_step", killed_in_third)
        with pytest.raises(KeyboardInterrupt):
            trainer.main(halved)
    assert load_checkpoint(halved.out).progress.images == 4
    trainer.main(replace(halved, resume=True))
    straight, resumed = load_checkpoint(options.out), load_checkpoint(halved.out)
    assert resumed.about["options"]["augment_on"] == place
    assert resumed.progress.images == straight.progress.images
    for ours, theirs in ((resumed.model, straight.model), (resumed.ema, straight.ema)):
        for name, value in theirs.items():
            torch.testing.assert_close(ours[name], value, rtol=0, atol=0)


def test_a_folder_with_a_run_is_not_overwritten(options: TrainOptions) -> None:
    trainer.main(options)
    with pytest.raises(ConfigError, match="already holds a run"):
        trainer.main(options)


@pytest.mark.parametrize(("name", "value"), [("seed", 2), ("teacher", Path("other.onnx"))])
def test_a_run_is_not_resumed_as_another_one(
    options: TrainOptions, name: str, value: object
) -> None:
    trainer.main(options)
    with pytest.raises(ConfigError, match=f"another {name}"):
        trainer.main(replace(options, resume=True, **{name: value}))  # type: ignore[arg-type]


def test_a_loss_that_is_no_number_stops_with_its_terms(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = runs.build_start

    def broken(given: TrainOptions) -> object:
        network = build(given)
        with torch.no_grad():
            network.box_head.weight.fill_(float("nan"))
        return network

    monkeypatch.setattr(runs, "build_start", broken)
    with pytest.raises(TrainingDiverged, match=r"not a number.*giou nan") as caught:
        trainer.main(options)
    assert "--lr" in caught.value.hint
    assert isinstance(caught.value, EngineError)


def test_a_run_measured_in_minutes_ends_with_them(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(np.arange(0.0, 1000.0, 20.0))
    monkeypatch.setattr(trainer, "monotonic", lambda: float(next(clock)))
    schedule = replace(options.schedule, images=None, minutes=1.0)
    progress = trainer.main(replace(options, schedule=schedule))
    assert progress.elapsed_s == pytest.approx(60)
    assert progress.step == 3


@pytest.mark.slow
def test_two_photos_are_learnt_by_heart(options: TrainOptions) -> None:
    """Network, targets, losses, grouping and evaluation together reach AP > 0.9."""
    schedule = ScheduleOptions(images=440, lr=4e-3, backbone_factor=1.0, ema=0.0, clip=5.0)
    trainer.main(
        replace(
            options,
            schedule=schedule,
            network=NetworkOptions(width=32, skip_width=16),
            batch=BatchOptions(size=2, long_sides=(97,), square_share=0.0, room_share=0.0),
            augment=NO_AUGMENT,
            loss=LossOptions(quality_floor=1.0),
        )
    )
    network = network_of(load_checkpoint(options.out))
    photos = read_photos(options.data)
    plain = GroupOptions(fine_edges=False)  # what was learnt, not what the picture adds
    detections = []
    for photo, seed in zip(photos, (1, 2), strict=True):
        image_rgb = two_people_picture(seed)
        frame = Frame(np.ascontiguousarray(image_rgb[..., ::-1]), 0, 0.0, 0.0)
        with torch.no_grad():
            logits, deltas = network(torch.from_numpy(image_rgb)[None])
        prediction = Prediction(
            frame,
            InputGeometry(frame.size_hw, frame.size_hw),
            logits[0, 0].numpy(),
            deltas[0].numpy(),
            ANCHOR_WH,
        )
        detections += detections_of(photo.image_id, group(prediction, plain))
    assert coco_numbers(coco_truth(photos), detections)["AP"] > 0.9
