"""The network on ONNX Runtime with its input and outputs in the device's memory."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from engine.config import Precision
from engine.errors import EngineError, RuntimeUnavailable
from engine.float16 import as_float16
from engine.future import DaemonWorker
from engine.kernels.capture_lock import CAPTURES
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile, check_metadata
from engine.onnx_file import (
    Session,
    check_signature,
    open_session,
    runtime_errors,
    session_metadata,
    sides_for,
    told_by,
    unrecorded_run,
)
from engine.predictor import ProviderReport
from engine.providers import ProviderOptions, ProviderPlan, report_provider
from engine.types import HEAD_STRIDE

T = TypeVar("T")

log = logging.getLogger(__name__)

WARM_UP_RUNS = 2
"""ONNX Runtime searches for algorithms in the first run and plans its memory in the second."""


class BoundNetwork:
    """A model at one input size that reads and writes arrays of a `Backend`.

    image: (1, H, W, 3) uint8, to be filled before `run`. person_logits: (1, 1, h, w) and
    box_deltas: (1, 4, h, w), float32, overwritten by each run. The addresses never
    change, so that ONNX Runtime may replay its CUDA graph. Raises `ModelError`,
    `KernelError`, and `RuntimeUnavailable` where the provider does not come up.

    The session is made, run and freed on a thread of its own: ONNX Runtime keeps a CUDA
    graph for each thread that runs it and would record another one, at any time, in the
    next. So the graph that was checked at opening is the one that serves.

    Once the device is lost the session is never freed: ONNX Runtime's would find that its
    graph cannot be, and end the process.
    """

    def __init__(
        self,
        model: ModelFile,
        plan: ProviderPlan,
        backend: Backend,
        input_hw: tuple[int, int],
        precision: Precision = Precision.MODEL,
    ) -> None:
        height, width = input_hw
        grid = ((height - 1) // HEAD_STRIDE + 1, (width - 1) // HEAD_STRIDE + 1)
        self.input_hw = input_hw
        self._backend = backend
        self._session: Session = None
        self._binding: Session = None
        self._thread = DaemonWorker("bbe-cuda")
        try:
            with CAPTURES.opening:
                self.image = backend.zeros((1, height, width, 3), np.uint8)
                self.person_logits = backend.empty((1, 1, *grid), np.float32)
                self.box_deltas = backend.empty((1, 4, *grid), np.float32)
                self._open(model, plan, precision)
        except BaseException:
            self.close()
            raise

    @property
    def provider(self) -> ProviderReport:
        """Where the network really runs."""
        return self._report

    def run(self, meanwhile: Callable[[], T]) -> T:
        """`image` → `person_logits` and `box_deltas`; and what `meanwhile` gives, beside that.

        Raises `RuntimeUnavailable`.
        """
        return self._thread.do_beside(self._infer, meanwhile)[1]

    def close(self) -> None:
        """Free the session; `run` must not be called after that."""
        with CAPTURES.working():
            self._thread.do(self._free)
        self._thread.stop()

    def _open(self, model: ModelFile, plan: ProviderPlan, precision: Precision) -> None:
        """With a CUDA graph, or without where it cannot be recorded."""
        content = as_float16(model) if precision is Precision.FLOAT16 else None
        if content is not None:
            model = replace(model, precision=precision.value)
        attempts = provider_attempts(plan, self._backend)
        for providers in attempts:
            try:
                self._thread.do(partial(self._start, model, content, plan, providers))
                with CAPTURES.recording():
                    self._thread.do(self._record)
                return
            except EngineError as error:
                if providers is attempts[-1]:
                    raise
                log.warning("the network runs without a CUDA graph: %s", error)

    def _start(
        self,
        model: ModelFile,
        content: bytes | None,
        plan: ProviderPlan,
        providers: Sequence[ProviderOptions],
    ) -> None:
        """All that allocates: the session, its memory, its search for algorithms."""
        self._free()
        sides = sides_for(model.path, self.input_hw)
        self._session = open_session(
            model.path, providers=providers, fixed_sides=sides, content=content
        )
        check_signature(self._session, model.path)
        check_metadata(model, session_metadata(self._session))
        self._report = report_provider(plan, self._session, model.precision)
        if self._report.fell_back:
            raise RuntimeUnavailable(self._report.reason, self._report.fix)
        self._errors = runtime_errors()
        self._binding = self._bind()
        for _ in range(WARM_UP_RUNS):
            self._infer(unrecorded_run())

    def _record(self) -> None:
        try:
            self._infer()
        except EngineError:
            self._backend.drop_recording()
            raise

    def _free(self) -> None:
        if self._session is not None and not self._device_answers():
            for held in (self._session, self._binding):
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))
        self._session = self._binding = None

    def _device_answers(self) -> bool:
        try:
            self._backend.wait()
        except Exception:  # noqa: BLE001 - whatever it says, it is no answer
            return False
        return True

    def _infer(self, run_options: Any = None) -> None:
        try:
            self._session.run_with_iobinding(self._binding, run_options)
        except self._errors as error:
            raise RuntimeUnavailable(
                f"The network could not run on {self._report.actual}: {told_by(error)}",
                "Choose the CPU as provider, or a smaller input size.",
            ) from error

    def _bind(self) -> Session:
        backend = self._backend
        binding = self._session.io_binding()
        where = (backend.memory, backend.device_id)
        image = self.image
        binding.bind_input("image", *where, np.uint8, image.shape, backend.address(image))
        for name, array in (
            ("person_logits", self.person_logits),
            ("box_deltas", self.box_deltas),
        ):
            binding.bind_output(name, *where, np.float32, array.shape, backend.address(array))
        return binding


class NetworkUpgrade(Protocol):
    """A faster network that is made ready beside the one that serves."""

    def take(self, input_hw: tuple[int, int]) -> BoundNetwork | None:
        """The network for that input size, once, when it is ready; it is then the caller's.

        Never waits; what is not ready is worked on from the first call on, in the place of
        another size that was.
        """
        ...

    def tell(self, report: ProviderReport) -> ProviderReport:
        """The report of the network that serves, with how far the other one is."""
        ...

    def close(self) -> None:
        """Stop working on it."""
        ...


def device_options(tried: ProviderOptions, backend: Backend, graph: bool) -> ProviderOptions:
    """A provider's options with what makes it work on the backend's stream.

    graph: replay the network as one CUDA graph; it needs fixed shapes and addresses.
    """
    name, options = tried
    if backend.memory != "cuda" or name == "CPUExecutionProvider":
        return tried
    shared = {"device_id": str(backend.device_id), "user_compute_stream": str(backend.stream_ptr)}
    if name == "CUDAExecutionProvider":
        # The arena would double at every request, the network needs the same each time.
        shared["arena_extend_strategy"] = "kSameAsRequested"
        if graph:
            shared["enable_cuda_graph"] = "1"
    return name, {**options, **shared}


def provider_attempts(plan: ProviderPlan, backend: Backend) -> list[list[ProviderOptions]]:
    """What to open a session with, the fastest first."""
    plain = [device_options(tried, backend, graph=False) for tried in plan.tried]
    # Only the first one can: a graph is the whole network or nothing.
    recorded = [device_options(plan.tried[0], backend, graph=True), *plain[1:]]
    return [plain] if recorded == plain else [recorded, plain]
