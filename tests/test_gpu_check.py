"""docs/gpu_check.py on a machine without a GPU: nothing that one part does hides another."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from engine.predictor import ProviderReport

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


TESTED = """
import json, sys
from dataclasses import asdict
from pathlib import Path
sys.path.insert(0, {folder!r})
import gpu_check
outcome = gpu_check.run_tests({path!r})
Path(sys.argv[2]).write_text(json.dumps(asdict(outcome)))
"""


@pytest.mark.parametrize(
    ("body", "state", "text"),
    [
        ("assert True", "ok", "1 passed"),
        ("assert False, 'no such kernel'", "failed", "1 failed"),
        ("import pytest; pytest.skip('no GPU')", "skipped", "1 skipped"),
    ],
)
def test_tests_are_a_part_whose_line_counts_them(
    gpu_check: ModuleType, tmp_path: Path, body: str, state: str, text: str
) -> None:
    path = tmp_path / "test_played.py"
    path.write_text(f"def test_played():\n    {body}\n")
    code = TESTED.format(folder=str(SCRIPT.parent), path=str(path))
    outcome = gpu_check.run_apart([sys.executable, "-c", code])
    assert (outcome.state, outcome.text) == (state, text)
    assert ("no such kernel" in outcome.log) == (state == "failed")


def test_tests_that_hang_are_stopped_and_keep_no_gpu(gpu_check: ModuleType, tmp_path: Path) -> None:
    path, told = tmp_path / "test_played.py", tmp_path / "pid"
    path.write_text(
        "import os, pathlib, time\n"
        "def test_played():\n"
        f"    pathlib.Path({str(told)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    code = TESTED.format(folder=str(SCRIPT.parent), path=str(path))
    outcome = gpu_check.run_apart([sys.executable, "-c", code], 10.0)
    assert "was stopped" in outcome.text
    assert not psutil.pid_exists(int(told.read_text()))


def test_what_a_part_raises_is_its_outcome_and_the_others_go_on(
    gpu_check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(name: str, model: str, copy_gb_per_s: float) -> object:
        if name == "device":
            return gpu_check.Outcome("ok", "a card")
        raise RuntimeError("cudaErrorStreamCaptureInvalidated:\n  lost")

    def in_this_process(command: list[str], limit_s: float) -> object:
        assert limit_s == 5.0
        return gpu_check.do_part(command[3], "", 0.0)

    monkeypatch.setattr(gpu_check, "_measured", measured)
    monkeypatch.setattr(gpu_check, "run_apart", in_this_process)
    outcomes = gpu_check.run_all("", True, 5.0, lambda _: None)
    assert tuple(outcomes) == gpu_check.PARTS
    assert outcomes["device"].state == "ok"
    assert outcomes["tests: compile"].state == "skipped"
    left = [name for name in gpu_check.PARTS if name != "device" and name not in gpu_check.TESTS]
    for name in left:
        assert outcomes[name].state == "failed"
        assert outcomes[name].text == "RuntimeError: cudaErrorStreamCaptureInvalidated: lost"


def test_frames_of_the_processor_are_not_timed_where_a_gpu_was_asked_for(
    gpu_check: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import gpu_figures

    class OnTheProcessor:
        provider = ProviderReport("cuda", "CPU", "int8", "No GPU is there.", "Plug one in.")
        closed = False

        def close(self) -> None:
            self.closed = True

    opened = OnTheProcessor()
    monkeypatch.setattr(gpu_figures.gpu, "open_predictor", lambda _: opened)
    monkeypatch.setattr(gpu_figures, "finish_preparing", lambda *_: None)
    outcome = gpu_check.do_part("cuda", "", 0.0)
    assert (outcome.state, outcome.text) == ("failed", "No GPU is there. Plug one in.")
    assert outcome.figures["provider"]["actual"] == "CPU"
    assert opened.closed


def test_the_file_holds_what_was_found_until_the_script_is_stopped(
    gpu_check: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped_in_the_third(command: list[str], _: float) -> object:
        if command[3] == "results":
            raise KeyboardInterrupt
        return gpu_check.Outcome("ok", "found", {"gb_per_s": 4300.0})

    found = tmp_path / "gpu.json"
    monkeypatch.setattr(gpu_check, "run_apart", stopped_in_the_third)
    monkeypatch.setattr(sys, "argv", ["gpu_check.py", "--json", str(found)])
    with pytest.raises(KeyboardInterrupt):
        gpu_check.main()
    parts = json.loads(found.read_text(encoding="utf-8"))["parts"]
    assert list(parts) == ["device", "tests: compile", "tests: kernels"]
    assert {part["state"] for part in parts.values()} == {"ok"}


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
