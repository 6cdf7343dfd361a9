"""Checks and times the GPU path on the GPU at hand; nothing else needs to be done there.

    uv sync --no-group cpu --extra gpu          # or --extra gpu-cuda12
    uv run --no-sync python docs/gpu_check.py --json gpu.json

Runs the tests that compile the kernels and those that need a GPU, holds the kernels' results
against the CPU's, measures the copy bandwidth of this card, the time of every kernel at
1920 × 1080 with 20 people against the bytes it must move, and the whole way of a frame from
upload to the finished picture, with the network on CUDA as float32 and as float16 and, where
it is installed, on TensorRT, whose engine takes minutes the first time. `docs/gpu.md` says
what the figures should be.

Each part runs in a process of its own, so that one that fails, or takes its process with it,
hides none of the others. The last lines tell part by part whether it is ok, failed or was
skipped; the file holds all figures and what was said by parts that failed, and is written anew
after each part: what was found is there also where the script is stopped. On a machine lent for
minutes, `--limit-s 120` stops a part that hangs before it has taken the time of the others.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 1800.0
LINES_KEPT = 60
TESTS = {
    "tests: compile": "tests/engine/test_cuda_compile.py",
    "tests: kernels": "tests/engine/test_kernels_cuda.py",
}
PARTS = (
    "device", *TESTS, "results", "copy", "kernels", "asking", "cuda", "cuda, float16", "tensorrt"
)  # fmt: skip
NEED_NO_GPU = ("device", "tests: compile")
PACKAGES = (
    "onnxruntime-gpu",
    "onnxruntime",
    "cupy-cuda13x",
    "cupy-cuda12x",
    "nvidia-cudnn-cu13",
    "onnx",
)


@dataclass(frozen=True)
class Outcome:
    """state: "ok", "failed" or "skipped". text: one line. log: the end of what was printed."""

    state: str
    text: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    log: str = ""


def main() -> int:
    """Run all parts, or the one asked for; 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all figures and failures here")
    parser.add_argument("--model", default="", help="name or path; the default model without")
    parser.add_argument("--skip-tests", action="store_true")
    parser.add_argument("--limit-s", type=float, default=LIMIT_S, help="of each part")
    parser.add_argument("--part", choices=PARTS, help="this one only, in this process")
    parser.add_argument("--copy-gb-per-s", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        outcome = do_part(arguments.part, arguments.model, arguments.copy_gb_per_s)
        text = json.dumps(asdict(outcome), indent=2)
        if arguments.json:
            arguments.json.write_text(text, encoding="utf-8")
        else:
            print(text)
        return int(outcome.state == "failed")
    here = machine()

    def keep(outcomes: Mapping[str, Outcome]) -> None:
        if arguments.json:
            report = {"machine": here, "parts": {k: asdict(v) for k, v in outcomes.items()}}
            arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")

    outcomes = run_all(arguments.model, arguments.skip_tests, arguments.limit_s, keep)
    figures = {name: outcome.figures for name, outcome in outcomes.items() if outcome.figures}
    print(json.dumps(figures, indent=2))
    for name, outcome in outcomes.items():
        print(f"{outcome.state:8}{name:16}{outcome.text}")
    return int(any(outcome.state == "failed" for outcome in outcomes.values()))


def run_all(
    model: str, skip_tests: bool, limit_s: float, keep: Callable[[Mapping[str, Outcome]], None]
) -> dict[str, Outcome]:
    """Every part's outcome; without a GPU only the parts that need none are run.

    Where there is a card that CuPy cannot use, the network may still run on it. keep: called
    after each part with all outcomes so far.
    """
    card = shutil.which("nvidia-smi") is not None
    outcomes: dict[str, Outcome] = {}
    for name in PARTS:
        print(f"--- {name}", file=sys.stderr, flush=True)
        if skip_tests and name in TESTS:
            outcomes[name] = Outcome("skipped", "as asked")
        elif (
            name not in NEED_NO_GPU
            and outcomes["device"].state != "ok"
            and not (card and name == "cuda")
        ):
            outcomes[name] = Outcome("skipped", "no GPU can be used")
        else:
            copied = outcomes["copy"].figures.get("gb_per_s", 0.0) if "copy" in outcomes else 0.0
            wanted = ["--part", name, "--model", model, "--copy-gb-per-s", str(copied)]
            command = [sys.executable, str(Path(__file__).resolve()), *wanted]
            outcomes[name] = run_apart(command, limit_s)
        keep(outcomes)
    return outcomes


def run_apart(command: Sequence[str], limit_s: float = LIMIT_S) -> Outcome:
    """What `command` writes into the file that it is given with --json, or how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "outcome.json"
        log: deque[str] = deque(maxlen=LINES_KEPT)
        with subprocess.Popen(
            [*command, "--json", str(target)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process:
            timer = threading.Timer(limit_s, process.kill)
            timer.start()
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", file=sys.stderr, flush=True)
                log.append(line)
            process.wait()
            late = not timer.is_alive()
            timer.cancel()
        if target.is_file():
            outcome = Outcome(**json.loads(target.read_text(encoding="utf-8")))
            return replace(outcome, log="".join(log)) if outcome.state == "failed" else outcome
    how = f"was stopped after {limit_s:.0f} s" if late else f"ended with {process.returncode}"
    last = next((line.strip() for line in reversed(log) if line.strip()), "nothing")
    return Outcome("failed", f"its process {how} and said at last: {last}", log="".join(log))


def do_part(name: str, model: str, copy_gb_per_s: float) -> Outcome:
    """One part in this process; whatever it raises is its outcome."""
    sys.path.insert(0, str(ROOT))  # the checkout's own engine, wherever this is started
    try:
        return run_tests(TESTS[name]) if name in TESTS else _measured(name, model, copy_gb_per_s)
    except Exception as error:  # noqa: BLE001 - the text is the result
        traceback.print_exc()
        said = " ".join(str(error).split()) or "no message"
        return Outcome("failed", f"{type(error).__name__}: {said}")


def _measured(name: str, model: str, copy_gb_per_s: float) -> Outcome:
    import gpu_figures  # beside this file

    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "device": gpu_figures.open_device,
        "results": gpu_figures.check_results,
        "copy": gpu_figures.measure_copy,
        "kernels": lambda: gpu_figures.time_kernels(copy_gb_per_s),
        "asking": gpu_figures.time_asking_for_groups,
    }
    if name in measures:
        figures = measures[name]()
        return Outcome("ok", figures.get("gpu", ""), figures)
    figures = gpu_figures.time_frames(gpu_figures.options_for(name, model))
    provider = figures["provider"]
    if not provider["reason"]:
        what = f"{figures['frame']['p50']:.2f} ms a frame on {provider['actual']}"
        return Outcome("ok", f"{what} in {provider['precision']}", figures)
    # TensorRT is an extra of its own, and may be missing.
    missing = name == "tensorrt" and "cannot be loaded" in provider["reason"]
    state = "skipped" if missing else "failed"
    return Outcome(state, f"{provider['reason']} {provider['fix']}", figures)


def run_tests(path: str) -> Outcome:
    """A file of tests, run in this process; skipped where all of its tests are."""
    import pytest

    counts: dict[str, int] = {}

    class Tally:
        def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
            for state in ("failed", "error", "passed", "skipped"):
                counts[state] = len(terminalreporter.stats.get(state, ()))

    status = pytest.main(["-q", "-rs", "-p", "no:cacheprovider", str(ROOT / path)], [Tally()])
    summary = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    if status:
        return Outcome("failed", summary or f"pytest ended with {int(status)}")
    return Outcome("ok" if counts["passed"] else "skipped", summary)


def machine() -> dict[str, str]:
    """System, versions and what `nvidia-smi` says, with or without a GPU."""

    found = {"python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    program = shutil.which("nvidia-smi")
    if program is None:
        return {**found, "nvidia-smi": "not found"}
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    return {**found, "nvidia-smi": done.stdout + done.stderr}


if __name__ == "__main__":
    sys.exit(main())
