"""Which GPU there is, whether these packages can use it, and what to do where they cannot."""

from __future__ import annotations

import importlib
from typing import Any

from engine.errors import RuntimeUnavailable

INSTALL_HINT = (
    "Install the GPU packages with `uv sync --no-group cpu --extra gpu` for CUDA 13, or "
    "`--extra gpu-cuda12` for CUDA 12."
)

OLDER_CUDA = (
    "For an older GPU or driver there are the packages for CUDA 12: `uv sync --no-group cpu "
    "--extra gpu-cuda12`."
)
GET_DRIVER = "Install NVIDIA's driver, until `nvidia-smi` lists the GPU, or choose the CPU."

CUDA_13 = 13000
OLDEST_OF_CUDA_13 = (7, 5)
"""Turing; neither NVRTC nor ONNX Runtime's kernels for CUDA 13 know anything older."""

FAILURES = (RuntimeError, OSError, ImportError)
"""What CuPy raises beside memory and compiler errors: those of the driver derive from
RuntimeError, a missing CUDA library is any of the three."""


def import_cupy() -> Any:
    """The module `cupy`. Raises `RuntimeUnavailable` where it cannot be imported."""
    try:
        return importlib.import_module("cupy")
    except (ImportError, OSError) as error:
        raise RuntimeUnavailable(f"CuPy cannot be loaded: {error}.", INSTALL_HINT) from error


def find_device(cupy: Any, device_id: int) -> str:
    """The GPU's name. Raises `RuntimeUnavailable` where it cannot be used, with what to do."""
    runtime = cupy.cuda.runtime
    try:
        _require_driver(runtime.driverGetVersion(), runtime.runtimeGetVersion())
        if device_id >= runtime.getDeviceCount():
            raise RuntimeUnavailable(
                f"There is no GPU number {device_id}.",
                "Choose the CPU as provider, or check what `nvidia-smi` lists.",
            )
        device = runtime.getDeviceProperties(device_id)
    except FAILURES as error:
        raise RuntimeUnavailable(
            f"No GPU can be used: {error}.",
            "Check that `nvidia-smi` lists the GPU and that its driver supports this CUDA version.",
        ) from error
    name, capability = device["name"].decode(), (device["major"], device["minor"])
    if runtime.runtimeGetVersion() >= CUDA_13 and capability < OLDEST_OF_CUDA_13:
        raise RuntimeUnavailable(
            f"{name} has compute capability {capability[0]}.{capability[1]}, and CUDA 13 "
            "needs 7.5.",
            OLDER_CUDA,
        )
    return str(name)


def _require_driver(driver: int, needed: int) -> None:
    """Raises `RuntimeUnavailable` for the driver of an older CUDA; versions as in 13020."""
    if driver == 0:
        raise RuntimeUnavailable("NVIDIA's driver is not installed.", GET_DRIVER)
    if driver // 1000 < needed // 1000:
        raise RuntimeUnavailable(
            f"NVIDIA's driver is for CUDA {driver // 1000}.{driver % 1000 // 10}, and these "
            f"packages are for CUDA {needed // 1000}.",
            f"Update the driver. {OLDER_CUDA}",
        )
