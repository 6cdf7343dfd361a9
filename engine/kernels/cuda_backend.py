"""What the GPU path needs of a device, so that tests can stand in for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy.typing as npt

DeviceArray = Any
"""An array in the device's memory: a `cupy.ndarray`, in tests a NumPy array."""

HostArray = npt.NDArray[Any]


class Recording(Protocol):
    """Launches and copies that start as one, again and again; a CUDA graph."""

    def replay(self) -> None:
        """Ask for all of it, at the addresses and with the numbers it was recorded with.

        The arrays must still be there. Raises `KernelError`.
        """
        ...


class Backend(Protocol):
    """One device and one stream; everything happens in the order it was asked for.

    memory: "cuda" or "cpu", as ONNX Runtime's IO binding calls it. stream_ptr: address of
    the stream for ONNX Runtime, 0 is none. Every method raises `KernelError` when the
    device is out of memory, lost, or refuses the kernel.
    """

    memory: str
    device_id: int
    stream_ptr: int
    name: str

    def empty(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """A new C-contiguous array on the device, its content undefined."""
        ...

    def zeros(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        """A new C-contiguous array on the device, all bytes 0."""
        ...

    def pinned(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> HostArray:
        """A page-locked host array; its memory is reused once nobody holds the array."""
        ...

    def copy_in(self, target: DeviceArray, source: HostArray) -> None:
        """Host to device; `source` must stay unchanged until `wait`."""
        ...

    def copy_out(self, target: HostArray, source: DeviceArray) -> None:
        """Device to host; `target` is complete after `wait`."""
        ...

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        """Device to device."""
        ...

    def address(self, array: DeviceArray) -> int:
        """Where the array lies, for ONNX Runtime's IO binding."""
        ...

    def launch(
        self,
        file: str,
        kernel: str,
        grid: tuple[int, int],
        block: tuple[int, int],
        arguments: tuple[Any, ...],
        half_maps: bool = False,
    ) -> None:
        """Start one of `cuda_source.KERNELS`; arguments are device arrays, None for a null
        pointer, and NumPy scalars of exactly the kernel's types."""
        ...

    def record(self, work: Callable[[], None]) -> Recording:
        """What `work` asks for, none of which happens now.

        It may launch kernels that have run before, and copy, to and from pinned host
        arrays too; not allocate, not wait. Nobody else may use the device meanwhile
        (`capture_lock`), and the arrays must live as long as the recording does.
        """
        ...

    def drop_recording(self) -> None:
        """Leave a recording on the stream that somebody else began in this thread and lost.

        Nothing where there is none.
        """
        ...

    def wait(self) -> None:
        """Return when everything asked for so far has happened."""
        ...

    def trim(self) -> None:
        """Give back the memory, here and on the device, that is kept for later use."""
        ...

    def close(self) -> None:
        """Give the device's memory back. May be called twice."""
        ...
