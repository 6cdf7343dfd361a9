"""The GPU through CuPy: memory, copies and kernels on one stream.

CuPy is imported when a device is opened and nowhere else, so that everything but this
module works without it.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy.typing as npt

from engine.errors import KernelError
from engine.kernels.cuda_backend import DeviceArray, HostArray, Recording
from engine.kernels.cuda_device import FAILURES, INSTALL_HINT, find_device, import_cupy
from engine.kernels.cuda_source import KERNELS, cuda_source


class CudaBackend:
    """One GPU and one stream of its own; implements `cuda_backend.Backend`.

    Opening compiles every kernel, or loads it from CuPy's cache on disk. Raises
    `RuntimeUnavailable` where CuPy, a CUDA library or a usable GPU is missing, and
    `KernelError` where the kernels do not compile.
    """

    memory = "cuda"

    def __init__(self, device_id: int = 0) -> None:
        self._cupy = import_cupy()
        self.device_id = device_id
        self.name = find_device(self._cupy, device_id)
        with _errors_of(self._cupy):
            self._device = self._cupy.cuda.Device(device_id)
            with self._device:
                self._stream = self._cupy.cuda.Stream(non_blocking=True)
                self.stream_ptr = int(self._stream.ptr)
        for file in KERNELS:
            self._kernel(file, KERNELS[file][0], False)

    def empty(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """See `Backend.empty`."""
        with self._working():
            return self._cupy.empty(shape, dtype)

    def zeros(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """See `Backend.zeros`."""
        with self._working():
            return self._cupy.zeros(shape, dtype)

    def pinned(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> HostArray:
        """See `Backend.pinned`; the memory comes from CuPy's pool and returns to it."""
        with self._working():
            array: HostArray = importlib.import_module("cupyx").empty_pinned(shape, dtype)
            return array

    def copy_in(self, target: DeviceArray, source: HostArray) -> None:
        """See `Backend.copy_in`."""
        _require_same(target, source)
        with self._working():
            self._copy(target.data.ptr, source.ctypes.data, source.nbytes, "memcpyHostToDevice")

    def copy_out(self, target: HostArray, source: DeviceArray) -> None:
        """See `Backend.copy_out`."""
        _require_same(target, source)
        with self._working():
            self._copy(target.ctypes.data, source.data.ptr, source.nbytes, "memcpyDeviceToHost")

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        """See `Backend.copy`."""
        _require_same(target, source)
        with self._working():
            self._copy(target.data.ptr, source.data.ptr, source.nbytes, "memcpyDeviceToDevice")

    def address(self, array: DeviceArray) -> int:
        """See `Backend.address`."""
        return int(array.data.ptr)

    def launch(
        self,
        file: str,
        kernel: str,
        grid: tuple[int, int],
        block: tuple[int, int],
        arguments: tuple[Any, ...],
        half_maps: bool = False,
    ) -> None:
        """See `Backend.launch`."""
        function = self._kernel(file, kernel, half_maps)
        with self._working():
            function(grid, block, arguments)

    def record(self, work: Callable[[], None]) -> Recording:
        """See `Backend.record`; in CuPy's relaxed mode, which leaves other threads alone."""
        with self._working():
            self._stream.begin_capture()
            try:
                work()
            except BaseException:
                # The stream has to leave its recording; what is left of that is of no use.
                with contextlib.suppress(*FAILURES):
                    self._stream.end_capture()
                raise
            graph = self._stream.end_capture()

        def replay() -> None:
            with self._working():
                graph.launch(self._stream)

        return _Graph(replay)

    def drop_recording(self) -> None:
        """See `Backend.drop_recording`."""
        with contextlib.suppress(*FAILURES):
            self._cupy.cuda.runtime.streamEndCapture(self.stream_ptr)

    def wait(self) -> None:
        """See `Backend.wait`; also where a kernel's failure comes to light."""
        with self._working():
            self._stream.synchronize()

    def time_ms(
        self, work: Callable[[], None], repeats: int = 200, rounds: int = 10
    ) -> list[float]:
        """How long the device takes for `work`, `repeats` times, in milliseconds.

        `work` only launches kernels and copies within the device. So many rounds of it are
        recorded as one CUDA graph and share its time: Python's launches do not count then, and
        little of the graph's own start does, which takes about as long as a small kernel.
        """
        work()  # loads what is not loaded yet, which a recording would not allow

        def several() -> None:
            for _ in range(rounds):
                work()

        recording = self.record(several)
        times = []
        with self._working():
            for _ in range(repeats + 3):
                start, end = self._cupy.cuda.Event(), self._cupy.cuda.Event()
                start.record(self._stream)
                recording.replay()
                end.record(self._stream)
                end.synchronize()
                times.append(float(self._cupy.cuda.get_elapsed_time(start, end)) / rounds)
        return times[3:]

    def trim(self) -> None:
        """See `Backend.trim`; unused blocks of CuPy's pools go back to the driver."""
        with self._working():
            self._cupy.get_default_memory_pool().free_all_blocks()
            self._cupy.get_default_pinned_memory_pool().free_all_blocks()

    def close(self) -> None:
        """See `Backend.close`; a lost device is no error."""
        with contextlib.suppress(KernelError):
            self.trim()

    def _copy(self, target: int, source: int, size: int, kind: str) -> None:
        # CuPy's own copies from and to the host refuse to be recorded, pinned memory or not
        # (`MemoryPointer.copy_to_host_async` of 14.2).
        runtime = self._cupy.cuda.runtime
        runtime.memcpyAsync(target, source, size, getattr(runtime, kind), self.stream_ptr)

    def _kernel(self, file: str, kernel: str, half_maps: bool) -> Any:
        with _errors_of(self._cupy, compiling=True), self._device:
            return _kernel_loader()(file, kernel, half_maps)

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """This device and stream are CuPy's current ones, its errors are ours."""
        with _errors_of(self._cupy), self._device, self._stream:
            yield


@dataclass(frozen=True, slots=True)
class _Graph:
    """A `Recording`."""

    replay: Callable[[], None]


@cache
def _kernel_loader() -> Callable[[str, str, bool], Any]:
    """(file, kernel, half_maps) → `cupy.RawKernel`, compiled once per device."""
    cupy = import_cupy()

    @cupy.memoize(for_each_device=True)  # type: ignore[untyped-decorator]
    def module(file: str, half_maps: bool) -> Any:
        return cupy.RawModule(code=cuda_source(file, half_maps), options=("-std=c++17",))

    @cupy.memoize(for_each_device=True)  # type: ignore[untyped-decorator]
    def kernel(file: str, name: str, half_maps: bool) -> Any:
        return module(file, half_maps).get_function(name)

    return cast(Callable[[str, str, bool], Any], kernel)


@contextlib.contextmanager
def _errors_of(cupy: Any, compiling: bool = False) -> Iterator[None]:
    """CuPy's errors as `KernelError`, with what the user can do about each."""
    try:
        yield
    except (cupy.cuda.compiler.CompileException, MemoryError, *FAILURES) as error:
        # CuPy's own error is of its pool alone: a stream, a kernel's code, page-locked memory
        # run out with an error of the driver.
        if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
            raise KernelError(
                f"The GPU has no memory left: {_first_line(error)}",
                "Close other programs that use the GPU, or choose a smaller input size.",
            ) from error
        # Compiling fails also where its library, or a folder to keep the result, is missing.
        if compiling or isinstance(error, cupy.cuda.compiler.CompileException):
            raise KernelError(
                f"A GPU kernel could not be compiled: {_first_line(error)}",
                "Check that CuPy and the CUDA libraries belong together: " + INSTALL_HINT,
            ) from error
        raise KernelError(
            f"The GPU stopped working: {_first_line(error)}",
            "Check with `nvidia-smi` that the GPU is still there, then open the model again.",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _require_same(a: Any, b: Any) -> None:
    """ValueError unless one can be copied onto the other byte by byte."""
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"{a.shape} {a.dtype} cannot be copied to or from {b.shape} {b.dtype}")
    if not (a.flags.c_contiguous and b.flags.c_contiguous):
        raise ValueError("only C-contiguous arrays can be copied")
