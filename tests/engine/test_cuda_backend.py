"""What the GPU's backend asks of CuPy, which is played; the rest needs a GPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from engine.errors import KernelError
from engine.kernels import cuda
from engine.kernels.cuda import CudaBackend
from tests.engine.played_cupy import START_MS, PlayedCupy


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedCupy]:
    played = PlayedCupy()
    monkeypatch.setitem(sys.modules, "cupy", played)  # type: ignore[arg-type]
    cupyx = SimpleNamespace(empty_pinned=np.empty)
    monkeypatch.setitem(sys.modules, "cupyx", cupyx)  # type: ignore[arg-type]
    cuda._kernel_loader.cache_clear()
    yield played
    cuda._kernel_loader.cache_clear()


@pytest.mark.usefixtures("cupy")
def test_copies_from_and_to_the_host_can_be_recorded() -> None:
    backend = CudaBackend()
    there, also_there = (backend.empty((5,), np.uint8) for _ in range(2))
    sent, back = backend.pinned((5,), np.uint8), backend.pinned((5,), np.uint8)

    def work() -> None:
        backend.copy_in(there, sent)
        backend.copy(also_there, there)
        backend.copy_out(back, also_there)

    recording = backend.record(work)
    for value in (3, 4):
        sent[:] = value
        recording.replay()
        backend.wait()
        assert (back == value).all()


@pytest.mark.usefixtures("cupy")
def test_the_start_of_a_recording_hardly_counts_in_what_is_timed() -> None:
    backend = CudaBackend()
    here, there = (backend.zeros((5,), np.uint8) for _ in range(2))
    times_ms = backend.time_ms(lambda: backend.copy(there, here), repeats=4)
    assert times_ms == [1 + START_MS / 10] * 4


def test_unused_memory_here_and_there_goes_back_when_asked_for(cupy: PlayedCupy) -> None:
    backend = CudaBackend()
    backend.trim()
    assert cupy.freed == {"device": 1, "pinned": 1}
    backend.close()
    assert cupy.freed == {"device": 2, "pinned": 2}


@pytest.mark.parametrize("where", ["cuda.Stream", "RawModule", "empty"])
@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Out of memory allocating 512 bytes"),
        RuntimeError("cudaErrorMemoryAllocation: out of memory"),
        RuntimeError("CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
    ],
    ids=["pool", "runtime", "driver"],
)
def test_memory_that_runs_out_is_told_as_such_wherever_it_does(
    where: str, error: Exception, cupy: PlayedCupy
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    *path, name = where.split(".")
    setattr(cupy.cuda if path else cupy, name, full)
    with pytest.raises(KernelError, match="has no memory left") as caught:
        CudaBackend().empty((4,), np.uint8)
    assert "Close other programs" in caught.value.hint
