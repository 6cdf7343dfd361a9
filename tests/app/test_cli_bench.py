"""`bbe bench`: tables for people, JSON for everything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import SinkError
from tests.app.cli_cases import run_bbe, tiny_model
from tests.engine.clips import write_clip

QUICK = ("--frames", "3", "--rounds", "1", "--live-seconds", "0.2")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", range(6))


def test_tables_name_stages_models_latency_and_memory(tmp_path: Path, clip: Path) -> None:
    model = tiny_model(tmp_path)
    result = run_bbe(tmp_path, "bench", clip, "-m", model, *QUICK, "-c", f"{model}@129")
    assert result.exit_code == 0, result.stderr
    for expected in ("tiny network", "tiny@129 render", "capture to result", "Memory (RSS)"):
        assert expected in result.stdout
    assert "\x1b" not in result.output


def test_json_has_the_machine_and_the_figures(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "reports" / "bench.json"
    args = ("bench", clip, "-m", tiny_model(tmp_path), *QUICK, "-o", out)
    result = run_bbe(tmp_path, *args, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document == json.loads(out.read_text())
    assert document["machine"]["versions"]["numpy"]
    assert document["machine"]["cores"] > 0
    run = document["bench"]["models"][0]
    assert run["provider"]["actual"] == "CPU"
    assert run["pipeline_fps"] > 0
    refused = run_bbe(tmp_path, *args)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr


def test_the_demo_scene_is_measured_at_the_size_asked_for(tmp_path: Path) -> None:
    size = ("--size", "320x240", "--input-size", "321")
    result = run_bbe(tmp_path, "bench", "-m", tiny_model(tmp_path), *QUICK, *size)
    assert result.exit_code == 0, result.stderr
    assert "320×240" in result.stdout
    assert "321×241" in result.stdout


def test_a_clip_has_its_own_size(tmp_path: Path, clip: Path) -> None:
    result = run_bbe(tmp_path, "bench", clip, "--size", "320x240")
    assert result.exit_code == 2
    assert "demo scene" in result.stderr


def test_a_live_source_cannot_be_measured(tmp_path: Path) -> None:
    assert run_bbe(tmp_path, "bench", "nothing.mp4", *QUICK).exit_code == 1


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.bench.run_bench", lambda *_: pytest.fail("it was measured"))
    (tmp_path / "file").write_text("not a folder")
    result = run_bbe(tmp_path, "bench", clip, *QUICK, "-o", tmp_path / "file" / "bench.json")
    assert result.exit_code == 1
    assert "Error" in result.stderr
    result = run_bbe(tmp_path, "bench", clip, *QUICK, "-o", tmp_path, "--overwrite")
    assert result.exit_code == 1
    assert "is a folder" in result.stderr


def test_figures_are_printed_also_where_the_report_cannot_be_written(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SinkError("No space is left.")

    monkeypatch.setattr("app.cli.bench._write", full)
    out = tmp_path / "bench.json"
    result = run_bbe(tmp_path, "bench", clip, "-m", tiny_model(tmp_path), *QUICK, "-o", out)
    assert result.exit_code == 1
    assert "Memory (RSS)" in result.stdout
