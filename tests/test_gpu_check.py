"""docs/gpu_check.py on a machine without a GPU: nothing that one part does hides another."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "gpu_check.py"


@pytest.fixture(scope="module")
def gpu_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_check", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_check"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_part_that_dies_is_told_with_its_last_words(gpu_check: ModuleType) -> None:
    dying = "import os; print('terminate called', flush=True); os._exit(134)"
    outcome = gpu_check.run_apart([sys.executable, "-c", dying])
    assert outcome.state == "failed"
    assert "ended with 134" in outcome.text
    assert "terminate called" in outcome.text
    assert "terminate called" in outcome.log


def test_a_part_that_hangs_is_stopped(gpu_check: ModuleType) -> None:
    outcome = gpu_check.run_apart([sys.executable, "-c", "import time; time.sleep(600)"], 0.5)
    assert (outcome.state, "was stopped" in outcome.text) == ("failed", True)


def test_what_a_part_raises_is_its_outcome_and_the_others_go_on(
    gpu_check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(name: str, model: str, copy_gb_per_s: float) -> object:
        if name == "device":
            return gpu_check.Outcome("ok", "a card")
        raise RuntimeError("cudaErrorStreamCaptureInvalidated:\n  lost")

    def in_this_process(command: list[str]) -> object:
        return gpu_check.do_part(command[3], "", 0.0)

    monkeypatch.setattr(gpu_check, "_measured", measured)
    monkeypatch.setattr(gpu_check, "run_apart", in_this_process)
    outcomes = gpu_check.run_all("", skip_tests=True)
    assert tuple(outcomes) == gpu_check.PARTS
    assert outcomes["device"].state == "ok"
    assert outcomes["tests: compile"].state == "skipped"
    left = [name for name in gpu_check.PARTS if name != "device" and name not in gpu_check.TESTS]
    for name in left:
        assert outcomes[name].state == "failed"
        assert outcomes[name].text == "RuntimeError: cudaErrorStreamCaptureInvalidated: lost"


def test_without_a_gpu_every_part_has_a_line_and_the_file_says_why(tmp_path: Path) -> None:
    found = tmp_path / "gpu.json"
    command = [sys.executable, str(SCRIPT), "--skip-tests", "--json", str(found)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(found.read_text(encoding="utf-8"))
    device = report["parts"]["device"]
    assert device["state"] == "failed"
    assert "RuntimeUnavailable: " in device["text"]
    assert "Traceback" in device["log"]
    last = done.stdout.splitlines()[-len(report["parts"]) :]
    for line, (name, part) in zip(last, report["parts"].items(), strict=True):
        assert line.startswith(part["state"])
        assert name in line
        assert part["text"] in line
