"""Any other ONNX network, timed by the shape of its input: for comparison only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.config import Provider
from engine.errors import ModelSignature, RuntimeUnavailable
from engine.onnx_file import open_session, runtime_errors
from engine.predictor import ProviderReport
from engine.providers import plan_providers, report_provider

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class GenericNetwork:
    """A network with one picture as its input, fed with noise.

    Axes of the file that are left open take 1, 3 channels, and the sides of `input_hw`, of
    the form 16·k + 1, less that one pixel and rounded up to multiples of 32. Runs under the
    same session options as our own models. Raises `ModelNotOnnx`, `ModelSignature`,
    `RuntimeUnavailable`.
    """

    def __init__(
        self, path: Path, provider: Provider, threads: int, input_hw: tuple[int, int]
    ) -> None:
        self.name = path.stem
        plan = plan_providers(provider, threads=threads)
        self._session = open_session(path, providers=plan.tried, threads=threads)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in _DTYPES:
            raise ModelSignature(
                f"{path.name} does not take one picture.", "Compare networks with one 4-axis input."
            )
        dtype = _DTYPES[inputs[0].type]
        precision = "float16" if dtype is np.float16 else "float32"
        self.provider: ProviderReport = report_provider(plan, self._session, precision)
        shape = _shape(inputs[0].shape, input_hw)
        height, width = shape[1:3] if shape[-1] == 3 else shape[2:]
        self.input_hw = (height, width)
        noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        picture = noise if dtype is np.uint8 else (noise / np.float32(255)).astype(dtype)
        self._feed = {inputs[0].name: picture}

    def time(self, count: int) -> list[float]:
        """Milliseconds of `count` runs. Raises `RuntimeUnavailable`."""
        times_ms = []
        for _ in range(count):
            started_s = time.perf_counter()
            try:
                self._session.run(None, self._feed)
            except runtime_errors() as error:
                raise RuntimeUnavailable(f"{self.name} could not run: {error}") from error
            times_ms.append((time.perf_counter() - started_s) * 1e3)
        return times_ms

    def close(self) -> None:
        """Free the session."""
        self._session = None


def _shape(declared: Sequence[int | str | None], input_hw: tuple[int, int]) -> tuple[int, ...]:
    height, width = (-(-(side - 1) // 32) * 32 for side in input_hw)
    channels_last = declared[3] == 3
    open_axes = (1, height, width, 3) if channels_last else (1, 3, height, width)
    return tuple(
        side if isinstance(side, int) and side > 0 else default
        for side, default in zip(declared, open_axes, strict=True)
    )
