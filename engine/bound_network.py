"""The network on ONNX Runtime with its input and outputs in the device's memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.errors import ModelNotOnnx, RuntimeUnavailable
from engine.kernels.cuda_backend import Backend
from engine.models import ModelFile, check_metadata
from engine.onnx_file import (
    Session,
    check_signature,
    open_session,
    runtime_errors,
    session_metadata,
)
from engine.predictor import ProviderReport
from engine.providers import ProviderOptions, ProviderPlan, report_provider
from engine.types import HEAD_STRIDE


class BoundNetwork:
    """A model at one input size that reads and writes arrays of a `Backend`.

    image: (1, H, W, 3) uint8, to be filled before `run`. person_logits: (1, 1, h, w) and
    box_deltas: (1, 4, h, w), float32, overwritten by each run. The addresses never
    change, so that ONNX Runtime may replay its CUDA graph. Raises `ModelError`,
    `KernelError`, and `RuntimeUnavailable` where the provider does not come up.
    """

    def __init__(
        self, model: ModelFile, plan: ProviderPlan, backend: Backend, input_hw: tuple[int, int]
    ) -> None:
        height, width = input_hw
        grid = ((height - 1) // HEAD_STRIDE + 1, (width - 1) // HEAD_STRIDE + 1)
        self.input_hw = input_hw
        self.image = backend.zeros((1, height, width, 3), np.uint8)
        self.person_logits = backend.empty((1, 1, *grid), np.float32)
        self.box_deltas = backend.empty((1, 4, *grid), np.float32)
        sides = _fixed_sides(model, (1, height, width, 3), (1, 1, *grid))
        self._session = _open(model, plan, backend, sides)
        check_signature(self._session, model.path)
        check_metadata(model, session_metadata(self._session))
        self._report = report_provider(plan, self._session, model.precision)
        if self._report.fell_back:
            raise RuntimeUnavailable(self._report.reason, self._report.fix)
        self._errors = runtime_errors()
        self._binding = self._bind(backend)
        self.run()  # the first run of a shape searches algorithms and captures the graph

    @property
    def provider(self) -> ProviderReport:
        """Where the network really runs."""
        return self._report

    def run(self) -> None:
        """`image` → `person_logits` and `box_deltas`. Raises `RuntimeUnavailable`."""
        try:
            self._session.run_with_iobinding(self._binding)
        except self._errors as error:
            raise RuntimeUnavailable(
                f"The network could not run on {self._report.actual}: {error}",
                "Choose the CPU as provider, or a smaller input size.",
            ) from error

    def _bind(self, backend: Backend) -> Session:
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


def _open(
    model: ModelFile, plan: ProviderPlan, backend: Backend, sides: Mapping[str, int]
) -> Session:
    """With a CUDA graph, or without where a node of the model has to run elsewhere."""
    for graph in (True, False):
        providers = [device_options(tried, backend, graph) for tried in plan.tried]
        try:
            return open_session(model.path, providers=providers, fixed_sides=sides)
        except ModelNotOnnx:
            if not graph or providers == [device_options(p, backend, False) for p in plan.tried]:
                raise
    raise AssertionError("unreachable")


def _fixed_sides(
    model: ModelFile, image_shape: tuple[int, ...], logits_shape: tuple[int, ...]
) -> dict[str, int]:
    """Names that the model gives to open axes → their sizes here."""
    session = open_session(model.path, optimise=False)
    shapes = [session.get_inputs()[0].shape]
    shapes += [output.shape for output in session.get_outputs() if len(output.shape) == 4]
    sides: dict[str, int] = {}
    for shape, sizes in zip(shapes, (image_shape, logits_shape, logits_shape), strict=False):
        sides.update((n, s) for n, s in zip(shape, sizes, strict=False) if isinstance(n, str))
    return sides
