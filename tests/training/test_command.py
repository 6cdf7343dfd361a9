"""The trainer's command line."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from typer.testing import CliRunner, Result

from engine.errors import ModelNotFound
from engine.training import command, publish
from engine.training.recipe import BatchNormMode, Precision, TrainOptions, plus_options

TINY = ("--people", "d", "--out", "a", "--images", "5")


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainOptions]:
    """The options that training was called with."""
    calls: list[TrainOptions] = []
    monkeypatch.setattr(command, "main", calls.append)
    return calls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.app, list(arguments))


def test_what_is_given_replaces_the_recipe_and_the_rest_stays(trained: list[TrainOptions]) -> None:
    result = run(
        *("--people", "data", "--out", "runs/a", "--minutes", "30", "--lr", "0.001"),
        *("--batch", "4", "--sides", "417,481", "--freeze", "3", "--output-stride", "8"),
        *(
            "--no-aspp",
            "--batchnorm",
            "unfold",
            "--precision",
            "float32",
            "--set",
            "loss.quality_floor=1",
        ),
        *("--set", "schedule.decay=step", "--set", "augment.scale=[0.3,0.8]"),
        *("--set", "only_people=true", "--set", "loss.balance_people=false"),
    )
    assert result.exit_code == 0, result.output
    (options,) = trained
    assert options.data == Path("data")
    assert (options.schedule.minutes, options.schedule.images) == (30, None)
    assert options.schedule.lr == 1e-3
    assert options.schedule.decay == "step"
    assert (options.batch.size, options.batch.long_sides) == (4, (417, 481))
    assert (options.network.output_stride, options.network.aspp) == (8, False)
    assert (options.freeze, options.batchnorm) == (3, BatchNormMode.UNFOLD)
    assert options.precision is Precision.FLOAT32
    assert options.loss.quality_floor == 1
    assert options.loss.dice == plus_options(Path(), Path(), options.schedule).loss.dice
    assert options.augment.scale == (0.3, 0.8)
    assert options.only_people
    assert not options.loss.balance_people
    assert options.command


def test_the_papers_recipe_is_its_own_length(trained: list[TrainOptions]) -> None:
    assert run("--coco", "data", "--out", "runs/p", "--recipe", "paper").exit_code == 0
    (options,) = trained
    assert options.schedule.images == 265_000 * 12
    assert options.schedule.decay == "step"
    assert options.network.backbone == "resnet50"
    assert options.batch.long_sides == (801,)
    assert not options.augment.paste
    assert options.loss.giou == 0
    assert options.only_people


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "a", "--images", "5"), "No data"),
        (("--people", "d", "--out", "a"), "how long"),
        ((*TINY, "--output-stride", "4"), "stride 4"),
        ((*TINY, "--sides", "400"), "16·k"),
        ((*TINY, "--sides", "417,many"), "'417,many' are no sides"),
        ((*TINY, "--set", "loss.giu=0"), "no option 'loss.giu'"),
        ((*TINY, "--set", "loss=0"), "no single option"),
        ((*TINY, "--set", "loss.giou=much"), "'much' is no value"),
        ((*TINY, "--set", "schedule.decay=never"), "no decay 'never'"),
    ],
)
def test_options_that_cannot_be_are_explained(
    trained: list[TrainOptions], arguments: tuple[str, ...], said: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert not trained


def test_what_fails_while_training_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(options: TrainOptions) -> None:
        raise ModelNotFound("x.onnx does not exist.", "Give a file.")

    monkeypatch.setattr(command, "main", fails)
    result = run("--people", "d", "--out", "a", "--images", "5")
    assert result.exit_code == 1
    assert "x.onnx does not exist" in result.output
    assert "Give a file" in result.output


def test_publishing_nothing_is_explained(tmp_path: Path) -> None:
    arguments = [str(tmp_path), str(tmp_path / "m.onnx")]
    result = CliRunner().invoke(publish.app, arguments)
    assert result.exit_code == 1
    assert "no checkpoint" in " ".join(result.output.split())
    result = CliRunner().invoke(publish.app, [*arguments, "--int8", str(tmp_path / "8.onnx")])
    assert result.exit_code == 1
    assert "--people" in result.output
