"""The network on the device's memory: on one thread, recorded while nobody else is at work."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import bound_network
from engine.bound_network import WARM_UP_RUNS, BoundNetwork, device_options
from engine.config import GroupOptions, Provider, RuntimeOptions
from engine.errors import KernelError
from engine.gpu import group, render
from engine.gpu_predictor import GpuPredictor
from engine.models import ModelFile, find_model
from engine.onnx_file import open_session
from engine.providers import plan_providers
from engine.styles import RenderOptions
from engine.types import Frame
from tests.cuda_host import HostBackend, require_compiler
from tests.tiny_onnx import write_tiny_onnx

INPUT_HW = (97, 129)


class WatchedSession:
    """A session of ONNX Runtime on the CPU that tells who did what, and may fail to record.

    on_record: called within each run that ONNX Runtime would record.
    """

    def __init__(self, session: Any, on_record: Callable[[], None] = lambda: None) -> None:
        self._session = session
        self._on_record = on_record
        self.runs: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run_with_iobinding(self, binding: Any, options: Any = None) -> None:
        unrecorded = options is not None and options.get_run_config_entry("gpu_graph_id") == "-1"
        self.runs.append(("warm up" if unrecorded else "run", threading.get_ident()))
        if not unrecorded:
            self._on_record()
        self._session.run_with_iobinding(binding)


Watch = Callable[[Callable[[], None]], list[WatchedSession]]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Sessions opened from now on are in the list."""

    def start(on_record: Callable[[], None] = lambda: None) -> list[WatchedSession]:
        opened: list[WatchedSession] = []

        def open_watched(path: Path, *, optimise: bool = True, **options: Any) -> Any:
            session = open_session(path, optimise=optimise, **options)
            if not optimise:
                return session  # only looked at for its axes
            opened.append(WatchedSession(session, on_record))
            return opened[-1]

        monkeypatch.setattr(bound_network, "open_session", open_watched)
        return opened

    return start


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    return find_model(write_tiny_onnx(tmp_path / "tiny.onnx"))


def bound(model: ModelFile, backend: HostBackend) -> BoundNetwork:
    return BoundNetwork(model, plan_providers(Provider.CPU), backend, INPUT_HW)


def test_whoever_asks_the_session_runs_on_one_thread(
    model: ModelFile, backend: HostBackend, watch: Watch
) -> None:
    """ONNX Runtime would record a CUDA graph anew in each thread that runs it."""
    sessions = watch()
    network = bound(model, backend)
    network.run(lambda: None)
    with ThreadPoolExecutor(1) as other:
        other.submit(network.run, lambda: None).result()
    (session,) = sessions
    assert [what for what, _ in session.runs] == ["warm up"] * WARM_UP_RUNS + ["run"] * 3
    (thread,) = {thread for _, thread in session.runs}
    assert thread != threading.get_ident()
    network.close()
    deadline_s = time.monotonic() + 30
    while thread in {t.ident for t in threading.enumerate()}:
        assert time.monotonic() < deadline_s, "the thread outlives its network"
        time.sleep(0.01)


def test_a_network_that_cannot_be_recorded_runs_unrecorded(
    model: ModelFile,
    backend: HostBackend,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dropped: list[int] = []
    failures = [RuntimeError("CUDA failure 900: operation not permitted")]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    sessions = watch(fail_once)
    cpu = [("CPUExecutionProvider", {})]
    monkeypatch.setattr(bound_network, "provider_attempts", lambda *_: [cpu, list(cpu)])
    monkeypatch.setattr(
        HostBackend, "drop_recording", lambda _self: dropped.append(threading.get_ident())
    )
    network = bound(model, backend)
    network.image[...] = 255
    network.run(lambda: None)
    assert np.isfinite(network.person_logits).all()
    assert len(sessions) == 2
    # CUDA lets only the thread leave a recording that began it.
    assert dropped == [sessions[0].runs[-1][1]]
    assert "CUDA failure 900" in caplog.text
    network.close()


def test_a_network_that_cannot_run_at_all_is_an_error_and_leaves_no_thread(
    model: ModelFile, backend: HostBackend, watch: Watch
) -> None:
    def fail() -> None:
        raise RuntimeError("CUDA error 700")

    before = threading.active_count()
    watch(fail)
    with pytest.raises(Exception, match="CUDA error 700"):
        bound(model, backend)
    deadline_s = time.monotonic() + 30
    while threading.active_count() > before:
        assert time.monotonic() < deadline_s, "the thread outlives its network"
        time.sleep(0.01)


@pytest.mark.parametrize("lost", [False, True])
def test_a_session_is_freed_only_while_its_device_answers(
    lost: bool, model: ModelFile, backend: HostBackend, watch: Watch
) -> None:
    """ONNX Runtime ends the process where it cannot free a CUDA graph."""
    sessions = watch()
    network = bound(model, backend)
    freed = weakref.ref(sessions.pop())
    if lost:
        backend.broken = KernelError("The GPU stopped working: it was unplugged.")
    network.close()
    del network
    gc.collect()
    assert (freed() is None) is not lost


class Driver:
    """CUDA's rule for recordings in its global mode: nobody else may use the device."""

    def __init__(self) -> None:
        self.recorder: int | None = None
        self.broken_by = ""

    def record(self) -> None:
        self.recorder = threading.get_ident()
        time.sleep(0.2)
        self.recorder = None
        if self.broken_by:
            raise RuntimeError(f"CUDA failure 901: capture lost to {self.broken_by}")

    def check(self, what: str) -> None:
        if self.recorder not in (None, threading.get_ident()):
            self.broken_by = what
            raise KernelError("The GPU stopped working: operation not permitted while capturing.")


class DrivenBackend(HostBackend):
    """Asks the driver before everything."""

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self._driver = driver

    def _check(self, recordable: bool = True) -> None:
        self._driver.check("recorded work" if recordable else "an allocation or a wait")
        super()._check(recordable)

    def close(self) -> None:
        self._driver.check("freeing")
        super().close()


def test_a_second_network_opened_beside_one_that_runs_disturbs_neither(
    model: ModelFile, watch: Watch
) -> None:
    require_compiler()
    driver = Driver()
    options = RuntimeOptions(provider=Provider.CPU, input_long_side=129)
    plan = plan_providers(Provider.CPU)
    first = GpuPredictor(model, options, plan, DrivenBackend(driver))
    opened, frames = threading.Event(), 0
    watch(driver.record)

    def open_second() -> GpuPredictor:
        try:
            return GpuPredictor(model, options, plan, DrivenBackend(driver))
        finally:
            opened.set()

    with ThreadPoolExecutor(1) as opener:
        opening = opener.submit(open_second)
        while not opened.is_set():
            frame = Frame(np.full((48, 64, 3), 255, np.uint8), frames, frames / 30, 0.0)
            people = group(first.predict(frame), GroupOptions())
            render(frame, people, RenderOptions())
            frames += 1
        second = opening.result()
    assert frames
    assert not first.provider.fell_back
    assert not driver.broken_by
    # The first one closes while the second records for another input size.
    with ThreadPoolExecutor(1) as other:
        tall = Frame(np.zeros((64, 48, 3), np.uint8), 0, 0.0, 0.0)
        running = other.submit(second.predict, tall)
        first.close()
        running.result()
    assert not second.provider.fell_back
    second.close()


def test_the_network_shares_the_stream_and_replays_a_graph_on_cuda_only() -> None:
    class OnCuda(HostBackend):
        memory = "cuda"
        stream_ptr = 4711

    name, options = device_options(
        ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"}), OnCuda(), graph=True
    )
    assert name == "CUDAExecutionProvider"
    assert options["user_compute_stream"] == "4711"
    assert options["enable_cuda_graph"] == "1"
    assert options["cudnn_conv_algo_search"] == "HEURISTIC"
    _, plain = device_options(("CUDAExecutionProvider", {}), OnCuda(), graph=False)
    assert "enable_cuda_graph" not in plain
    untouched = ("CPUExecutionProvider", {"a": "b"})
    assert device_options(untouched, OnCuda(), graph=True) == untouched
