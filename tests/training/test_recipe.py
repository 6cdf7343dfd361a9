"""Schedules and the paper's recipe."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs PyTorch: uv sync --extra train")

from pathlib import Path

from engine.errors import ConfigError
from engine.training.recipe import ScheduleOptions, TrainOptions, paper_options


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


@pytest.mark.parametrize(
    ("back", "message"), [(1.5, "backbone_back is 1.5"), (0.5, "needs two backbones")]
)
def test_a_way_back_needs_two_backbones_and_ends_at_one_of_them(
    tmp_path: Path, back: float, message: str
) -> None:
    schedule = ScheduleOptions(images=1)
    with pytest.raises(ConfigError, match=message):
        TrainOptions(data=tmp_path, out=tmp_path, schedule=schedule, backbone_back=back)
