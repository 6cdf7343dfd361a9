"""Where crops are made."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

import json
from dataclasses import replace
from pathlib import Path

from engine.errors import ConfigError
from engine.training import place
from engine.training.crops import make_crops
from engine.training.distributed import Team
from engine.training.material import Material
from engine.training.recipe import AugmentOn, TrainOptions
from tests.training.conftest import Annotate
from tests.training.tiny_run import tiny_options

# pycocotools 2.0 hands out arrays that know no copy argument of NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def options(coco_folder: Annotate, tmp_path: Path) -> TrainOptions:
    return tiny_options(coco_folder, tmp_path / "run")


@pytest.fixture
def material(options: TrainOptions) -> Material:
    return make_crops(options).material


def settled(options: TrainOptions, material: Material) -> str:
    return place.settle_place(options, material, Team()).augment_on


def test_unasked_a_gpu_makes_its_crops_itself(
    options: TrainOptions, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "free_bytes", lambda device: 2**30)
    assert settled(options, material) == "loader"
    assert settled(replace(options, device="cuda"), material) == "device"
    asked = replace(options, device="cuda", augment_on="loader")
    assert settled(asked, material) == "loader"
    assert settled(replace(options, augment_on="device"), material) == "device"


def test_too_many_photos_are_left_to_the_loader_but_refused_if_asked_for(
    options: TrainOptions,
    material: Material,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    needed = 2 * 65 * 97 * 4
    monkeypatch.setattr(place, "free_bytes", lambda device: 2 * needed - 1)
    assert settled(replace(options, device="cuda"), material) == "loader"
    assert "The loader makes the crops" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="more than 50%") as caught:
        settled(replace(options, augment_on="device"), material)
    assert "augment_memory" in caught.value.hint
    larger = replace(options, augment_on="device", augment_memory=0.6)
    assert settled(larger, material) == "device"


@pytest.mark.parametrize("earlier", ["device", "loader"])
def test_a_resumed_run_goes_on_where_it_made_its_crops(
    options: TrainOptions, material: Material, earlier: AugmentOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "free_bytes", lambda device: 2**30)
    folder = options.out / "step-00000002"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text(json.dumps({"options": {"augment_on": earlier}}))
    for device in ("cpu", "cuda"):
        assert settled(replace(options, device=device, resume=True), material) == earlier


def test_there_is_no_other_place(options: TrainOptions) -> None:
    with pytest.raises(ConfigError, match="no augment_on 'nowhere'"):
        replace(options, augment_on="nowhere")  # type: ignore[arg-type]
