"""The rows of the ablation, what they change, and their table."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from typer.testing import CliRunner

from engine.errors import ConfigError
from engine.network import BbeNetwork, NetworkOptions
from engine.training import ablate, command
from engine.training.ablation import (
    ROWS,
    AblationOptions,
    RowFailed,
    finished,
    run_row,
    train_arguments,
)
from engine.training.ablation_table import ablation_markdown
from engine.training.coco_numbers import NUMBER_NAMES
from engine.training.recipe import TrainOptions
from tests.training.conftest import Annotate, two_people, two_people_picture

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PARTS = ("schedule", "network", "batch", "augment", "loss")


@pytest.fixture
def options(tmp_path: Path) -> AblationOptions:
    return AblationOptions(tmp_path / "data", tmp_path / "out", tmp_path / "start", images=32)


@pytest.fixture
def trained_as(
    options: AblationOptions, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], TrainOptions]:
    """What the trainer makes of a row's arguments."""
    calls: list[TrainOptions] = []
    monkeypatch.setattr(command, "main", calls.append)

    def parse(name: str) -> TrainOptions:
        ran = CliRunner().invoke(command.app, train_arguments(name, options))
        assert ran.exit_code == 0, ran.output
        return calls.pop()

    return parse


def differences(ours: TrainOptions, theirs: TrainOptions) -> set[str]:
    """Fields that differ, parts resolved; out and command always do."""
    found = set()
    for name, value in asdict(ours).items():
        other = asdict(theirs)[name]
        if name in PARTS:
            found |= {f"{name}.{k}" for k, v in value.items() if v != other[k]}
        elif name not in ("out", "command") and value != other:
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("no-quality", {"loss.quality_floor"}),
        ("cells", {"loss.at_pixels"}),
        ("no-giou", {"loss.giou", "loss.l1"}),
        ("no-balance", {"loss.balance_people"}),
        ("no-dice", {"loss.dice"}),
        ("no-paste", {"augment.paste", "batch.room_share"}),
        ("no-photometric", {"augment.colour", "augment.degrade", "augment.low_light"}),
        ("no-ema", {"schedule.ema"}),
        ("batchnorm", {"batchnorm"}),
        ("step-decay", {"schedule.decay"}),
        ("no-aspp", {"network.aspp"}),
        ("seed-2", {"seed"}),
    ],
)
def test_a_row_differs_from_plus_in_what_it_says_alone(
    trained_as: Callable[[str], TrainOptions], name: str, changed: set[str]
) -> None:
    assert differences(trained_as(name), trained_as("plus")) == changed


def test_the_papers_row_keeps_network_photos_start_and_length(
    trained_as: Callable[[str], TrainOptions],
) -> None:
    changed = differences(trained_as("paper"), trained_as("plus"))
    kept = ("network", "seed", "hold_out", "only_people", "freeze", "batchnorm", "backbone_weights")
    assert not [name for name in changed if name.startswith(kept)]
    assert {"loss.dice", "augment.paste", "schedule.decay"} <= changed
    assert not {"schedule.images", "batch.size", "batch.long_sides"} & changed


def result(name: str, ap: float, strides: tuple[int, ...] = (16,)) -> dict[str, Any]:
    numbers = dict.fromkeys(NUMBER_NAMES, ap)
    size = {"masks": numbers, "boxes": numbers, "semantic_iou": 0.5}
    split = {"shipped": size, "paper": {**size, "masks": {**numbers, "AP": ap / 2}}}
    measured = {str(stride): {"tune": split, "val": split} for stride in strides}
    return {"row": name, "title": ROWS[name].title, "minutes": 2.4, "measured": measured}


def test_the_table_shows_every_row_against_plus_and_the_papers_shape() -> None:
    rows = [result("no-aspp", 0.15, (16, 8)), result("plus", 0.2, (16, 8)), result("no-ema", 0.25)]
    table = ablation_markdown(rows).splitlines()
    assert table[2].startswith("| plus | 0.200 |  |")
    assert "measured at stride 8 | 0.200 | +0.000" in table[3]
    assert "| 0.250 | +0.050 |" in table[4]
    assert "| 0.150 | -0.050 |" in table[5]
    assert table[-1].startswith("| BBE MNv2 OS8 ASPP | 0.100 |")
    assert table[-1].endswith("| 0.557 |")
    assert "BBE" not in ablation_markdown(rows[1:])
    assert {line.count("|") for line in table[:7]} == {13}


def test_a_finished_row_counts_only_for_the_same_options(options: AblationOptions) -> None:
    options.out.mkdir()
    assert finished("plus", options) is None
    done = {**result("plus", 0.2), "arguments": train_arguments("plus", options)}
    (options.out / "plus.json").write_text(json.dumps(done))
    assert finished("plus", options) == done
    longer = AblationOptions(options.data, options.out, options.start, images=64)
    with pytest.raises(ConfigError, match="other options"):
        finished("plus", longer)


def test_a_row_whose_training_fails_says_why(options: AblationOptions) -> None:
    with pytest.raises(RowFailed, match="no annotations") as caught:
        run_row("plus", options)
    assert "train.log" in caught.value.hint
    assert finished("plus", options) is None


def test_a_row_that_does_not_exist_is_explained(options: AblationOptions) -> None:
    arguments = ["--people", "d", "--out", str(options.out), "--backbone-weights", "s"]
    ran = CliRunner().invoke(ablate.app, [*arguments, "--images", "1", "--rows", "no-luck"])
    assert ran.exit_code == 1
    assert "no row 'no-luck'" in ran.output


@pytest.mark.slow
def test_a_row_is_trained_measured_and_not_run_twice(coco_folder: Annotate, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    photos = [(two_people_picture(seed), two_people(seed)) for seed in range(6)]  # 6: tune
    root = coco_folder(photos)
    (root / "val").symlink_to(root / "train")
    annotations = root / "annotations" / "instances_train.json"
    (root / "annotations" / "instances_val.json").symlink_to(annotations)
    torch.manual_seed(0)
    start = tmp_path / "start.safetensors"
    save_file(BbeNetwork(NetworkOptions()).backbone.state_dict(), start)
    arguments = [
        *("--people", str(root), "--out", str(tmp_path / "out"), "--backbone-weights", str(start)),
        *("--images", "4", "--sides", "97", "--batch", "2", "--rows", "no-ema", "--jobs", "1"),
        *("--", "--precision", "float32", "--workers", "0"),
    ]
    ran = CliRunner().invoke(ablate.app, arguments)
    assert ran.exit_code == 0, ran.output
    written = (tmp_path / "out" / "no-ema.json").read_bytes()
    measured = json.loads(written)["measured"]["16"]
    assert set(measured) == {"tune", "val"}
    assert set(measured["val"]) == {"shipped", "paper"}
    assert "last weights" in (tmp_path / "out" / "ablation.md").read_text()
    model = tmp_path / "out" / "no-ema" / "stride-16.onnx"
    before = model.stat().st_mtime_ns
    assert CliRunner().invoke(ablate.app, arguments).exit_code == 0
    assert model.stat().st_mtime_ns == before
