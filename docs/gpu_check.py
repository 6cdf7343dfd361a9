"""Checks and times the GPU path on the GPU at hand; nothing else needs to be done there.

    uv sync --no-group cpu --extra gpu          # or --extra gpu-cuda12
    uv run --no-sync python docs/gpu_check.py --json gpu.json

Runs the parity tests, measures the copy bandwidth of this card, the time of every kernel
at 1920 × 1080 with 20 people against the bytes it must move, and the whole way of a frame
from upload to the finished picture, with the network on CUDA as float32 and as float16 and,
where it is installed, on TensorRT, whose engine takes minutes the first time. `docs/gpu.md`
says what the figures should be.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine import gpu  # noqa: E402 - the checkout's own, wherever this is started
from engine.config import (  # noqa: E402
    GroupOptions,
    Precision,
    Provider,
    RenderOptions,
    RuntimeOptions,
)
from engine.kernels import cuda_group, cuda_ops  # noqa: E402
from engine.kernels.composite_reference import Look  # noqa: E402
from engine.kernels.cuda import CudaBackend  # noqa: E402
from engine.kernels.cuda_device import import_cupy  # noqa: E402
from engine.kernels.cuda_source import PEOPLE  # noqa: E402
from engine.onnx_file import import_onnxruntime  # noqa: E402
from engine.predictor import finish_preparing  # noqa: E402
from engine.preprocess import input_size  # noqa: E402
from engine.source import open_source  # noqa: E402
from engine.types import HEAD_STRIDE, Frame  # noqa: E402
from tests.engine.cuda_scenes import smooth_scene  # noqa: E402
from tests.engine.kernel_parity import VOTING  # noqa: E402

FRAME_HW = (1080, 1920)
LONG_SIDE = 641
PEOPLE_COUNT = 20
TIMED = {
    "cuda": RuntimeOptions(provider=Provider.CUDA),
    "cuda, float16": RuntimeOptions(provider=Provider.CUDA, precision=Precision.FLOAT16),
    "tensorrt": RuntimeOptions(provider=Provider.TENSORRT),
}
GIB = 1 << 30


def main() -> int:
    """Print and write the JSON; 1 where a test fails or CUDA does not serve as asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all figures here too")
    parser.add_argument("--model", default="", help="name or path; the default model without")
    parser.add_argument("--skip-tests", action="store_true")
    arguments = parser.parse_args()
    failed = 0 if arguments.skip_tests else run_tests()
    backend = CudaBackend()
    report: dict[str, Any] = {"machine": describe(backend), "tests_failed": bool(failed)}
    report["copy_gb_per_s"] = bandwidth = copy_bandwidth(backend)
    report["kernels_us"], report["host_us"] = time_kernels(backend, bandwidth)
    report["frame_ms"] = {
        name: time_frames(replace(options, model=arguments.model, input_long_side=LONG_SIDE))
        for name, options in TIMED.items()
    }
    print(json.dumps(report, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    left_out = [
        f"{name}: {figures['provider']['reason']}"
        for name, figures in report["frame_ms"].items()
        if figures["provider"]["reason"]
    ]
    print("\n".join(left_out), file=sys.stderr)
    return int(bool(failed or [text for text in left_out if not text.startswith("tensorrt")]))


def run_tests() -> int:
    """The tests that need a GPU, and those that compile; their exit status."""
    names = ("test_kernels_cuda.py", "test_cuda_compile.py")
    tests = [str(ROOT / "tests" / "engine" / name) for name in names]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", *tests], check=False
    ).returncode


def describe(backend: CudaBackend) -> dict[str, str]:
    """Card, driver and versions, without which a figure means nothing."""
    runtime = import_cupy().cuda.runtime
    return {
        "gpu": backend.name,
        "driver_cuda": str(runtime.driverGetVersion()),
        "runtime_cuda": str(runtime.runtimeGetVersion()),
        "cupy": import_cupy().__version__,
        "onnxruntime": import_onnxruntime().__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def copy_bandwidth(backend: CudaBackend) -> float:
    """GB/s of a device-to-device copy of 1 GiB, bytes read and written both counted."""
    source, target = backend.zeros((GIB,), np.uint8), backend.zeros((GIB,), np.uint8)
    times = backend.time_ms(lambda: backend.copy(target, source), 20)
    return 2 * GIB / statistics.median(times) / 1e6


def time_kernels(
    backend: CudaBackend, bandwidth: float
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Per kernel the median time, the bytes' share of it at copy bandwidth, the ratio.

    And how long the host takes to ask for grouping, launch by launch and as a recording.
    """
    input_hw = input_size(FRAME_HW, LONG_SIDE)
    grid_hw = tuple((side - 1) // HEAD_STRIDE + 1 for side in input_hw)
    height, width = FRAME_HW
    cells, pixels = grid_hw[0] * grid_hw[1], height * width
    maps = smooth_scene((grid_hw[0], grid_hw[1]), PEOPLE_COUNT)
    rng = np.random.default_rng(0)
    frame = upload(backend, rng.integers(0, 256, (*FRAME_HW, 3)).astype(np.uint8))
    rgb = backend.empty((1, *input_hw, 3), np.uint8)
    logits, deltas = upload(backend, maps.person_logits), upload(backend, maps.box_deltas)
    labels, out = backend.empty(FRAME_HW, np.uint8), backend.empty((*FRAME_HW, 3), np.uint8)
    people = backend.empty((PEOPLE.itemsize,), np.uint8)
    look = upload(backend, cuda_ops.pack_look(usual_look(rng)))
    work = cuda_group.GroupWork.allocate(backend, (grid_hw[0], grid_hw[1]))

    def preprocess() -> None:
        cuda_ops.preprocess(backend, frame, rgb)

    def group() -> None:
        cuda_group.group(backend, work, logits, deltas, VOTING, labels, people)

    def composite() -> None:
        cuda_ops.composite(backend, frame, labels, look, 1, None, out)

    def both() -> None:
        group()
        composite()

    group_bytes = cells * 4 * (5 + 5 + 5) + pixels
    composite_bytes = pixels * (3 + 1 + 3)
    input_bytes = input_hw[0] * input_hw[1] * 3
    jobs: list[tuple[str, Callable[[], None], int]] = [
        ("preprocess", preprocess, pixels * 3 + input_bytes),
        ("group", group, group_bytes),
        ("composite", composite, composite_bytes),
        ("group and composite", both, group_bytes + composite_bytes),
    ]
    figures = {}
    for name, job, moved in jobs:
        taken_us = statistics.median(backend.time_ms(job)) * 1e3
        least_us = moved / bandwidth / 1e3
        figures[name] = {"us": taken_us, "least_us": least_us, "ratio": taken_us / least_us}
    host_us = {
        "group, launched": time_asking(backend, group),
        "group, replayed": time_asking(backend, backend.record(group).replay),
    }
    return figures, host_us


def time_asking(backend: CudaBackend, work: Callable[[], None], repeats: int = 200) -> float:
    """Median time on the host until `work` has been asked for, in microseconds."""
    times_us = []
    for _ in range(repeats):
        start_s = time.perf_counter()
        work()
        times_us.append((time.perf_counter() - start_s) * 1e6)
        backend.wait()
    return statistics.median(times_us)


def upload(backend: CudaBackend, array: Any) -> Any:
    """A copy of a host array on the device."""
    there = backend.empty(array.shape, array.dtype)
    backend.copy_in(there, np.ascontiguousarray(array))
    backend.wait()
    return there


def usual_look(rng: np.random.Generator) -> Look:
    """Everybody tinted and outlined."""
    colours = rng.integers(0, 256, (256, 3)).astype(np.uint8)
    weights = np.full(256, 115, np.uint16)
    weights[0] = 0
    has_line = np.ones(256, bool)
    has_line[0] = False
    return Look(colours, weights, colours, has_line, weights, weights)


def demo_picture() -> Any:
    """A frame of the demo scene, which shows several people, in the size to be timed."""
    source = open_source("demo")
    try:
        frame = source.read()
    finally:
        source.close()
    if frame is None:
        raise SystemExit("The demo scene shows nothing.")
    return np.ascontiguousarray(cv2.resize(frame.image_bgr, FRAME_HW[::-1]))


def tell(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr)


def time_frames(options: RuntimeOptions, count: int = 200) -> dict[str, Any]:
    """Median and 95th percentile of each stage over `count` frames, ready to be shown.

    ready_s: until the network was open, or TensorRT's engine built and taken over.
    """
    image = demo_picture()
    opened_s = time.perf_counter()
    predictor = gpu.open_predictor(options)
    finish_preparing(
        predictor, Frame(image, 0, 0.0, 0.0), lambda text: print(text, file=sys.stderr)
    )
    ready_s = time.perf_counter() - opened_s
    stages: dict[str, list[float]] = {}
    for index in range(count + 20):
        frame = Frame(image, index, index / 30, 0.0)
        start_s = time.perf_counter()
        prediction = predictor.predict(frame)
        predicted_s = time.perf_counter()
        people = gpu.group(prediction, GroupOptions())
        grouped_s = time.perf_counter()
        gpu.render(frame, people, RenderOptions(show_labels=False))
        end_s = time.perf_counter()
        if index < 20:
            continue
        taken = {
            **prediction.stage_ms,
            "group": (grouped_s - predicted_s) * 1e3,
            "render": (end_s - grouped_s) * 1e3,
            "frame": (end_s - start_s) * 1e3,
        }
        for name, value in taken.items():
            stages.setdefault(name, []).append(value)
    report = predictor.provider
    unrecorded = getattr(predictor, "unrecorded", "the GPU's part is left out")
    predictor.close()
    figures: dict[str, Any] = {
        name: {"p50": statistics.median(v), "p95": statistics.quantiles(v, n=20)[-1]}
        for name, v in stages.items()
    }
    figures["ready_s"] = ready_s
    figures["people"] = len(people)
    figures["not_network_share"] = 1 - figures["network"]["p50"] / figures["frame"]["p50"]
    figures["provider"] = {"actual": report.actual, "precision": report.precision}
    figures["provider"] |= {"reason": report.reason, "fix": report.fix}
    figures["grouping_not_recorded_because"] = unrecorded
    return figures


if __name__ == "__main__":
    sys.exit(main())
