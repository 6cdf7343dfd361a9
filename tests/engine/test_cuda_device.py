"""Which GPUs these packages can use, and what is said of the others; CuPy is played."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import RuntimeUnavailable
from engine.kernels.cuda_device import find_device, import_cupy


def cupy_with(
    driver: int = 13000,
    runtime: int = 13020,
    capability: tuple[int, int] = (8, 9),
    count: int | Exception = 1,
) -> Any:
    """CuPy built for CUDA `runtime` on a machine with that driver and that many GPUs."""

    def device_count() -> int:
        if isinstance(count, Exception):
            raise count
        return count

    major, minor = capability
    properties = {"name": b"NVIDIA GeForce RTX 4070", "major": major, "minor": minor}
    functions = {
        "driverGetVersion": lambda: driver,
        "runtimeGetVersion": lambda: runtime,
        "getDeviceCount": device_count,
        "getDeviceProperties": lambda _: properties,
    }
    return SimpleNamespace(cuda=SimpleNamespace(runtime=SimpleNamespace(**functions)))


@pytest.mark.parametrize(
    "cupy",
    [
        # A driver serves all CUDA versions of its major number.
        cupy_with(),
        cupy_with(capability=(7, 5)),
        cupy_with(driver=13010, runtime=12090, capability=(6, 1)),
    ],
    ids=["usual", "oldest", "CUDA 12"],
)
def test_a_gpu_that_can_be_used_is_known_by_its_name(cupy: Any) -> None:
    assert find_device(cupy, 0) == "NVIDIA GeForce RTX 4070"


@pytest.mark.parametrize(
    ("cupy", "what", "fix"),
    [
        (cupy_with(driver=0), "driver is not installed", "Install NVIDIA's driver"),
        (cupy_with(driver=12080), "is for CUDA 12.8, and these packages are for CUDA 13", "12"),
        (cupy_with(capability=(6, 1)), "has compute capability 6.1", "--extra gpu-cuda12"),
        (cupy_with(count=0), "no GPU number 0", "nvidia-smi"),
        (cupy_with(count=RuntimeError("cudaErrorUnknown")), "cudaErrorUnknown", "nvidia-smi"),
    ],
    ids=["no driver", "old driver", "old GPU", "no GPU", "error"],
)
def test_a_gpu_that_cannot_be_used_is_told_with_what_to_do(cupy: Any, what: str, fix: str) -> None:
    with pytest.raises(RuntimeUnavailable) as caught:
        find_device(cupy, 0)
    assert what in caught.value.message
    assert fix in caught.value.hint


def test_cupy_missing_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr("engine.kernels.cuda_device.importlib.import_module", refuse)
    with pytest.raises(RuntimeUnavailable, match="--extra gpu") as caught:
        import_cupy()
    assert "No module named 'cupy'" in caught.value.message
