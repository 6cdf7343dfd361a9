"""CuPy without a GPU: as much of it as `engine.kernels.cuda` uses, as strict as CuPy 14.2."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

START_MS = 5.0
"""What the start of a graph takes; each copy takes a millisecond."""


class Stream:
    """A `cupy.cuda.Stream`: does at once what it is asked for, or records it."""

    ptr = 4711
    clock_ms = 0.0

    def __init__(self, non_blocking: bool = False) -> None:
        assert non_blocking, "the default stream waits for this one"
        self.tape: list[Callable[[], Any]] | None = None

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, work: Callable[[], Any]) -> None:
        if self.tape is None:
            work()
            self.clock_ms += 1
        else:
            self.tape.append(work)

    def begin_capture(self) -> None:
        self.tape = []

    def end_capture(self) -> SimpleNamespace:
        tape, self.tape = self.tape, None
        assert tape is not None

        def launch(stream: Stream) -> None:
            self.clock_ms += START_MS
            for work in tape:
                stream.ask(work)

        return SimpleNamespace(launch=launch)

    def synchronize(self) -> None:
        assert self.tape is None, "operation not permitted when stream is capturing"


class Event:
    """A `cupy.cuda.Event`: when, by the stream's clock."""

    at_ms = 0.0

    def record(self, stream: Stream) -> None:
        self.at_ms = stream.clock_ms

    def synchronize(self) -> None:
        pass


class MemoryPointer:
    """A `cupy.cuda.MemoryPointer`, whose copies from and to the host cannot be recorded."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.ptr = array.ctypes.data

    def copy_from_host_async(self, source: int, size: int, stream: Stream) -> None:
        self._copy(self.ptr, source, size, stream, "H2D")

    def copy_to_host_async(self, target: int, size: int, stream: Stream) -> None:
        self._copy(target, self.ptr, size, stream, "D2H")

    def _copy(self, target: int, source: int, size: int, stream: Stream, way: str) -> None:
        if stream.tape is not None:
            raise RuntimeError(
                f"the current stream is capturing, so {way} transfers are disallowed"
            )
        ctypes.memmove(target, source, size)


class DeviceArray:
    """A `cupy.ndarray`; here: where it lies, to look at it without a copy."""

    def __init__(self, here: np.ndarray[Any, Any]) -> None:
        self.here = here
        self.data = MemoryPointer(here)
        self.shape, self.dtype, self.flags = here.shape, here.dtype, here.flags
        self.nbytes = here.nbytes


class PlayedCupy(SimpleNamespace):
    """The module `cupy`. freed: how often unused blocks of each pool were given back."""

    def __init__(self) -> None:
        super().__init__()
        self.streams: list[Stream] = []
        self.freed = {"device": 0, "pinned": 0}
        device = {"name": b"Played GPU", "major": 8, "minor": 6}
        runtime = SimpleNamespace(
            driverGetVersion=lambda: 13020,
            runtimeGetVersion=lambda: 13020,
            getDeviceCount=lambda: 1,
            getDeviceProperties=lambda _: device,
            memcpyHostToDevice=1,
            memcpyDeviceToHost=2,
            memcpyDeviceToDevice=3,
            memcpyAsync=self._memcpy,
        )
        self.cuda = SimpleNamespace(
            runtime=runtime,
            compiler=SimpleNamespace(CompileException=type("CompileException", (Exception,), {})),
            Device=lambda _: contextlib.nullcontext(),
            Stream=self._stream,
            Event=Event,
            get_elapsed_time=lambda start, end: end.at_ms - start.at_ms,
        )

    def empty(self, shape: tuple[int, ...], dtype: Any) -> DeviceArray:
        return DeviceArray(np.full(shape, 165, dtype))

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> DeviceArray:
        return DeviceArray(np.zeros(shape, dtype))

    def memoize(self, for_each_device: bool) -> Callable[[Any], Any]:
        assert for_each_device
        return lambda function: function

    def RawModule(self, code: str, options: tuple[str, ...]) -> SimpleNamespace:  # noqa: N802
        assert code
        assert options
        return SimpleNamespace(get_function=lambda _: lambda *_: None)

    def get_default_memory_pool(self) -> SimpleNamespace:
        return self._pool("device")

    def get_default_pinned_memory_pool(self) -> SimpleNamespace:
        return self._pool("pinned")

    def _pool(self, name: str) -> SimpleNamespace:
        def free_all_blocks() -> None:
            self.freed[name] += 1

        return SimpleNamespace(free_all_blocks=free_all_blocks)

    def _stream(self, non_blocking: bool = False) -> Stream:
        self.streams.append(Stream(non_blocking))
        return self.streams[-1]

    def _memcpy(self, target: int, source: int, size: int, kind: int, stream: int) -> None:
        assert kind in (1, 2, 3)
        assert stream == Stream.ptr
        self.streams[-1].ask(lambda: ctypes.memmove(target, source, size))
