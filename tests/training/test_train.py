"""Whole runs on small pictures: resume, divergence, several processes, overfitting."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from engine.config import GroupOptions
from engine.errors import ConfigError, EngineError
from engine.group import group
from engine.network import ANCHOR_WH, NetworkOptions
from engine.training import report
from engine.training import train as trainer
from engine.training.augment import NO_AUGMENT
from engine.training.checkpoint import latest_checkpoint, load_checkpoint
from engine.training.coco_numbers import coco_numbers, coco_truth, detections_of
from engine.training.dataset import read_photos
from engine.training.export import network_of
from engine.training.loss import LossOptions, compute_loss
from engine.training.recipe import (
    BatchNormMode,
    Precision,
    ScheduleOptions,
    TrainOptions,
    paper_options,
    plus_options,
)
from engine.training.samples import BatchDataset, BatchOptions, CropMaker, plan_batches
from engine.training.targets import build_targets
from engine.types import Frame, InputGeometry, Prediction
from tests.training.conftest import Annotate, two_people, two_people_picture

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # TensorBoard's and torch's own, about their dependencies.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard"),
]


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    """A tiny run of eight pictures on two photos."""
    root = coco_folder([(two_people_picture(seed), two_people(seed)) for seed in (1, 2)])
    return TrainOptions(
        data=root,
        out=tmp_path / "run",
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


def weights(run: Path) -> dict[str, Tensor]:
    return load_checkpoint(run).model


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


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    options: TrainOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert resumed.progress.images == straight.progress.images
    for ours, theirs in ((resumed.model, straight.model), (resumed.ema, straight.ema)):
        for name, value in theirs.items():
            torch.testing.assert_close(ours[name], value, rtol=0, atol=0)


def test_a_folder_with_a_run_is_not_overwritten(options: TrainOptions) -> None:
    trainer.main(options)
    with pytest.raises(ConfigError, match="already holds a run"):
        trainer.main(options)


def test_a_run_is_not_resumed_with_another_seed(options: TrainOptions) -> None:
    trainer.main(options)
    with pytest.raises(ConfigError, match="another seed"):
        trainer.main(replace(options, resume=True, seed=2))


def test_a_loss_that_is_no_number_stops_with_its_terms(
    options: TrainOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = trainer.build_start

    def broken(given: TrainOptions) -> object:
        network = build(given)
        with torch.no_grad():
            network.box_head.weight.fill_(float("nan"))
        return network

    monkeypatch.setattr(trainer, "build_start", broken)
    with pytest.raises(trainer.TrainingDiverged, match=r"not a number.*giou nan") as caught:
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


def test_rates_rise_and_fall() -> None:
    schedule = ScheduleOptions(images=1, warmup=0.1)
    assert schedule.rate(0.05) == pytest.approx(0.501)
    assert schedule.rate(0.1) == pytest.approx(1.0)
    assert schedule.rate(0.55) == pytest.approx(0.5)
    assert schedule.rate(1.0) == 0


def test_the_papers_rate_drops_to_a_tenth_after_185000_of_265000_steps(tmp_path: Path) -> None:
    paper = paper_options(tmp_path, tmp_path)
    assert paper.schedule.images == 265_000 * 12
    assert paper.schedule.lr * paper.schedule.rate(0.0) == 1e-3
    assert paper.schedule.rate(184_999 / 265_000) == 1.0
    assert paper.schedule.rate(185_001 / 265_000) == pytest.approx(0.1)
    assert paper.batch.size == 12
    assert paper.batch.long_sides == (801,)
    assert paper.batch.short_over_long == 1.0
    assert paper.network.backbone == "resnet50"
    assert paper.network.width == 256


@pytest.mark.parametrize("length", [{}, {"images": 5, "minutes": 1.0}])
def test_a_run_needs_exactly_one_length(length: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="how long"):
        ScheduleOptions(**length)  # type: ignore[arg-type]


def test_batches_are_a_function_of_seed_and_number(options: TrainOptions) -> None:
    maker = trainer.make_crops(plus_options(options.data, options.out, options.schedule))
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
    photos = trainer.make_crops(options).material.photos
    plans = plan_batches(photos, BatchOptions(size=2, long_sides=(97,), square_share=0.0), 1)
    for _ in range(5):
        assert sorted(next(plans).photos) == [0, 1]


TWO_PROCESSES = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from engine.training.train import main
from tests.training.test_train import options_of_two
main(options_of_two(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def options_of_two(data: Path, out: Path) -> TrainOptions:
    """One crop per step and process."""
    return TrainOptions(
        data=data,
        out=out,
        schedule=ScheduleOptions(images=8, lr=1e-3, ema=0.0),
        network=NetworkOptions(width=8, skip_width=8),
        batch=BatchOptions(size=1, long_sides=(65,)),
        pretrained=False,
        batchnorm=BatchNormMode.FOLDED,
        freeze=0,
        hold_out=False,
        precision=Precision.FLOAT32,
        workers=0,
        threads=1,
        picture_minutes=1e9,
    )


def averaged_by_hand(options: TrainOptions) -> dict[str, Tensor]:
    """Weights after four steps on the mean gradient of two batches each."""
    maker = trainer.make_crops(options)
    run = trainer.start_run(options, maker)
    run.network.train()
    plans = plan_batches(maker.material.photos, options.batch, options.seed)
    for step in range(4):
        run.optimizer.zero_grad()
        for _ in range(2):
            batch = BatchDataset(maker)[next(plans)]
            logits, deltas = run.network(batch.images)
            terms = compute_loss(logits, deltas, build_targets(batch), options.loss)
            (terms.total / 2).backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), options.schedule.clip)
        for parameters in run.optimizer.param_groups:
            rate = options.schedule.rate(2 * step / 8)
            parameters["lr"] = options.schedule.lr * rate * parameters["factor"]
        run.optimizer.step()
    return run.network.state_dict()


@pytest.mark.slow
def test_two_processes_train_one_model_on_the_mean_of_their_gradients(
    coco_folder: Annotate, tmp_path: Path
) -> None:
    root = coco_folder([(two_people_picture(seed), two_people(seed)) for seed in (1, 2)])
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    project = Path(__file__).parents[2]
    subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
            *("--master-addr", "127.0.0.1", "--master-port", str(port)),
            *(str(script), str(root), str(tmp_path / "run")),
        ],
        check=True,
        capture_output=True,
        timeout=100,
        cwd=project,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(project)},
    )
    both = load_checkpoint(tmp_path / "run")
    assert (both.progress.images, both.progress.step, both.progress.batch) == (8, 4, 8)
    wanted = averaged_by_hand(options_of_two(root, tmp_path / "alone"))
    for name, value in wanted.items():
        torch.testing.assert_close(both.model[name], value, rtol=1e-3, atol=2e-5)


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
        detections += detections_of(photo.image_id, group(prediction, GroupOptions()))
    assert coco_numbers(coco_truth(photos), detections)["AP"] > 0.9
