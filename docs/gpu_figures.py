"""What `gpu_check.py` measures, one function for each of its parts; each needs a GPU."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from engine import gpu
from engine.config import GroupOptions, Precision, Provider, RuntimeOptions, SteadyOptions
from engine.gpu_self_check import check_kernels
from engine.kernels import cuda_edges, cuda_group, cuda_ops, cuda_steady
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.composite_reference import Look
from engine.kernels.cuda import CudaBackend
from engine.kernels.cuda_device import import_cupy
from engine.kernels.cuda_source import PEOPLE
from engine.onnx_file import import_onnxruntime
from engine.predictor import ProviderReport, finish_preparing
from engine.preprocess import input_size
from engine.source import open_source
from engine.steady import SteadyState
from engine.styles import RenderOptions
from engine.types import HEAD_STRIDE, Frame
from tests.engine.cuda_scenes import smooth_scene
from tests.engine.kernel_parity import VOTING

Figures = dict[str, Any]
Step = Callable[[], None]

FRAME_HW = (1080, 1920)
LONG_SIDE = 641
PEOPLE_COUNT = 20
COPIED_BYTES = 1 << 28
"""More than any card's cache, and little enough for a small card beside other programs."""


def describe(backend: CudaBackend) -> Figures:
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


def open_device() -> Figures:
    """The card, once its kernels are compiled."""
    return describe(CudaBackend())


def check_results() -> Figures:
    """What every opening of a network on the GPU checks: do the kernels give the CPU's results?"""
    backend = CudaBackend()
    with CAPTURES.opening:
        check_kernels(backend)
    return {"gpu": backend.name}


def measure_copy() -> Figures:
    """GB/s of a copy within the device, bytes read and written both counted."""
    backend = CudaBackend()
    source, target = (backend.zeros((COPIED_BYTES,), np.uint8) for _ in range(2))
    times = backend.time_ms(lambda: backend.copy(target, source), 20)
    return {"gb_per_s": 2 * COPIED_BYTES / statistics.median(times) / 1e6}


def time_kernels(copy_gb_per_s: float) -> Figures:
    """Per step its median time, the bytes' share of it at copy bandwidth, the ratio.

    copy_gb_per_s: 0 where it is not known; only the times are told then.
    """
    backend = CudaBackend()
    jobs, moved = steps_of_a_frame(backend)

    def both() -> None:
        jobs["group"]()
        jobs["composite"]()

    figures: Figures = {}
    for name, job in {**jobs, "group and composite": both}.items():
        taken_us = statistics.median(backend.time_ms(job)) * 1e3
        figures[name] = {"us": taken_us}
        if copy_gb_per_s:
            least_us = moved[name] / copy_gb_per_s / 1e3
            figures[name] |= {"least_us": least_us, "ratio": taken_us / least_us}
    return figures


def time_asking_for_groups() -> Figures:
    """Microseconds on the host to ask for grouping, launch by launch and as a recording."""
    backend = CudaBackend()
    jobs, _ = steps_of_a_frame(backend)
    figures: Figures = {}
    for name, before in (("group", ""), ("group, fine edges", "fine_edges_")):
        figures[f"{before}launched_us"] = time_asking(backend, jobs[name])
        recording = backend.record(jobs[name])
        figures[f"{before}replayed_us"] = time_asking(backend, recording.replay)
    return figures


def steps_of_a_frame(backend: CudaBackend) -> tuple[dict[str, Step], dict[str, int]]:
    """What is done to a frame that lies on the device, and how many bytes each step moves."""
    input_hw = input_size(FRAME_HW, LONG_SIDE)
    grid_hw = ((input_hw[0] - 1) // HEAD_STRIDE + 1, (input_hw[1] - 1) // HEAD_STRIDE + 1)
    cells, pixels = grid_hw[0] * grid_hw[1], FRAME_HW[0] * FRAME_HW[1]
    maps = smooth_scene(grid_hw, PEOPLE_COUNT)
    rng = np.random.default_rng(0)
    frame = upload(backend, rng.integers(0, 256, (*FRAME_HW, 3)).astype(np.uint8))
    rgb = backend.empty((1, *input_hw, 3), np.uint8)
    logits, deltas = upload(backend, maps.person_logits), upload(backend, maps.box_deltas)
    labels, out = backend.empty(FRAME_HW, np.uint8), backend.empty((*FRAME_HW, 3), np.uint8)
    people = backend.empty((PEOPLE.itemsize,), np.uint8)
    look = upload(backend, cuda_ops.pack_look(usual_look(rng)))
    work = cuda_group.GroupWork.allocate(backend, grid_hw)
    edges = cuda_edges.EdgeWork.allocate(backend, grid_hw)
    fine_points = edges.fine_labels.size

    def preprocess() -> None:
        cuda_ops.preprocess(backend, frame, rgb)

    def group() -> None:
        cuda_group.group(backend, work, logits, deltas, VOTING, labels, people)

    def group_finely() -> None:
        cuda_edges.group(backend, work, edges, frame, logits, deltas, VOTING, labels, people)

    def composite() -> None:
        cuda_ops.composite(backend, frame, labels, look, 1, None, out)

    steadying, steadied_bytes = steadying_of_a_frame(backend, rgb, logits, deltas)
    moved = {
        "steady": steadied_bytes,
        "preprocess": pixels * 3 + input_hw[0] * input_hw[1] * 3,
        "group": cells * 4 * (5 + 5 + 5) + pixels,
        "composite": pixels * (3 + 1 + 3),
    }
    # The frame, the cells' labels, colours and logits, colours and labels of the finer grid.
    finely = pixels * 3 + cells * (2 + 6 + 4) + fine_points * (9 + 10)
    moved["group, fine edges"] = moved["group"] + finely
    moved["group and composite"] = moved["group"] + moved["composite"]
    steps: dict[str, Step] = {
        "preprocess": preprocess,
        "steady": steadying,
        "group": group,
        "group, fine edges": group_finely,
        "composite": composite,
    }
    return steps, moved


def steadying_of_a_frame(
    backend: CudaBackend, rgb: Any, logits: Any, deltas: Any
) -> tuple[Step, int]:
    """The kernels of steady masks on a frame whose maps lie on the device, and their bytes."""
    grid_hw = logits.shape
    view = backend.empty((*grid_hw, 3), np.uint8)
    broken = backend.empty(cuda_steady.broken_shape(grid_hw), np.uint8)
    before, now, mean = (backend.zeros((5, *grid_hw), np.float32) for _ in range(3))
    moves = upload(backend, np.full((*grid_hw, 3), 0.5, np.float32))

    def steadying() -> None:
        cuda_steady.shrink_input(backend, rgb, view)
        cuda_steady.take_maps(backend, logits, deltas, now, broken)
        cuda_steady.mean_maps(backend, now, before, moves, mean)

    return steadying, rgb.nbytes + view.nbytes + moves.nbytes + 5 * mean.nbytes


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
    here = np.ascontiguousarray(array)
    there = backend.empty(array.shape, array.dtype)
    backend.copy_in(there, here)
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
        raise RuntimeError("the demo scene shows nothing")
    return np.ascontiguousarray(cv2.resize(frame.image_bgr, FRAME_HW[::-1]))


def options_for(part: str, model: str) -> RuntimeOptions:
    """How a network is opened for one of the parts that time frames."""
    return RuntimeOptions(
        model=model,
        provider=Provider.TENSORRT if part == "tensorrt" else Provider.CUDA,
        precision=Precision.FLOAT16 if "float16" in part else Precision.MODEL,
        input_long_side=LONG_SIDE,
    )


def time_frames(options: RuntimeOptions, count: int = 200) -> Figures:
    """Median and 95th percentile of each stage over `count` frames, ready to be shown.

    ready_s: until the network was open, or TensorRT's engine built and taken over. Where the
    CPU serves, only why: its frames tell nothing of a card, and take the time of one lent.
    """
    image = demo_picture()
    opened_s = time.perf_counter()
    predictor = gpu.open_predictor(options)
    finish_preparing(predictor, Frame(image, 0, 0.0, 0.0), lambda text: print(text, flush=True))
    ready_s = time.perf_counter() - opened_s
    if predictor.provider.actual == "CPU":
        why = described(predictor.provider)
        predictor.close()
        return {"provider": why}
    stages: dict[str, list[float]] = {}
    state: SteadyState | None = None
    for index in range(count + 20):
        frame = Frame(image, index, index / 30, 0.0)
        start_s = time.perf_counter()
        prediction = predictor.predict(frame)
        predicted_s = time.perf_counter()
        steadied, state = gpu.steady(prediction, state, SteadyOptions())
        steadied_s = time.perf_counter()
        people = gpu.group(steadied, GroupOptions())
        grouped_s = time.perf_counter()
        gpu.render(frame, people, RenderOptions(show_labels=False))
        end_s = time.perf_counter()
        if index < 20:
            continue
        taken = {
            **prediction.stage_ms,
            "steady": (steadied_s - predicted_s) * 1e3,
            "group": (grouped_s - steadied_s) * 1e3,
            "render": (end_s - grouped_s) * 1e3,
            "frame": (end_s - start_s) * 1e3,
        }
        for name, value in taken.items():
            stages.setdefault(name, []).append(value)
    report = predictor.provider
    unrecorded = getattr(predictor, "unrecorded", "the GPU's part is left out")
    predictor.close()
    figures: Figures = {
        name: {"p50": statistics.median(v), "p95": statistics.quantiles(v, n=20)[-1]}
        for name, v in stages.items()
    }
    figures["ready_s"] = ready_s
    figures["people"] = len(people)
    figures["not_network_share"] = 1 - figures["network"]["p50"] / figures["frame"]["p50"]
    figures["provider"] = described(report)
    figures["grouping_not_recorded_because"] = unrecorded
    return figures


def described(report: ProviderReport) -> Figures:
    """Where a network runs, and why it is not where it was to run."""
    return {
        "actual": report.actual,
        "precision": report.precision,
        "reason": report.reason,
        "fix": report.fix,
    }
