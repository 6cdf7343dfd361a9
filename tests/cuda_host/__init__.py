"""Runs the CUDA kernels on the processor: see `cuda_on_host.h`."""

from __future__ import annotations

import ctypes
import functools
import re
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import KernelError
from engine.kernels.cuda_source import KERNELS, cuda_source

_FOLDER = Path(__file__).parent
_ONE_AT_A_TIME = threading.Lock()
"""The fibers that play a kernel's threads are the library's globals. Memory is unmapped under
it only: a kernel, or the check after it, may be reading what another thread has let go."""
_OUTCOMES = {
    1: "touched memory outside its buffers",
    2: "has threads that wait for others who never come",
    3: "got arguments that do not fit, or an impossible grid",
}


def require_compiler() -> str:
    """Path of g++; skips the test where there is none."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed: the kernels cannot be run on the processor")
    return compiler


@functools.cache
def host_library(file: str, half_maps: bool = False, contract: bool = False) -> ctypes.CDLL:
    """One `.cu` file for the processor.

    contract: fused multiply-add as GPUs use it; otherwise every operation is rounded on
    its own, as in NumPy.
    """
    compiler = require_compiler()
    source = cuda_source(file, half_maps)
    launchers = "".join(
        f'extern "C" int launch_{name}(const unsigned* shape, unsigned seed, void** values, '
        "const size_t* sizes, size_t count) {\n"
        "  return host::launch(&" + name + ", {shape[0], shape[1], shape[2]}, "
        "{shape[3], shape[4], shape[5]}, seed, values, sizes, count);\n}\n"
        for name in KERNELS[file]
    )
    found = re.findall(r'"C" __global__ void(?: __launch_bounds__\([^)]*\))? (\w+)\(', source)
    assert tuple(found) == KERNELS[file]
    folder = Path(tempfile.mkdtemp(prefix="cuda-on-host-"))
    weakref.finalize(host_library, shutil.rmtree, folder, ignore_errors=True)
    text = folder / "kernels.cpp"
    text.write_text(f'#include "cuda_on_host.h"\n{source}\n{launchers}', encoding="utf-8")
    library = folder / f"{file}.so"
    flags = ["-march=native", "-ffp-contract=fast"] if contract else ["-ffp-contract=off"]
    warnings = ["-Wall", "-Werror", "-Wno-unknown-pragmas", "-Wno-unused-function"]
    # Leaving a fiber by a long jump is what a fortified longjmp takes for an attack.
    command = [compiler, "-std=c++17", "-O1", "-fPIC", "-shared", "-U_FORTIFY_SOURCE", *warnings]
    command += [*flags, "-Wno-clobbered", f"-I{_FOLDER}", "-o", str(library), str(text)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = ctypes.CDLL(str(library))
    loaded.guarded_alloc.restype = ctypes.c_void_p
    loaded.guarded_alloc.argtypes = [ctypes.c_size_t]
    loaded.guarded_free.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    loaded.guarded_intact.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return loaded


class HostBackend:
    """Implements `engine.kernels.cuda_backend.Backend` without a GPU.

    Arrays are NumPy arrays in memory that ends at a forbidden page and starts as
    rubbish. seed: 0 runs blocks and threads in order, anything else shuffles them.
    broken: the error that every call from now on raises, to play a lost device.
    recorded, replayed: how often each has happened. trimmed_to: bytes held whenever what
    nobody held was given back.
    """

    memory = "cpu"
    device_id = 0
    stream_ptr = 0
    name = "processor"

    def __init__(self, seed: int = 0, contract: bool = False) -> None:
        self.seed = seed
        self.contract = contract
        self.broken: Exception | None = None
        self.launched: list[str] = []
        self.closed = False
        self.recorded = self.replayed = 0
        self.trimmed_to: list[int] = []
        self._tape: list[Callable[[], None]] | None = None
        self._loaded: set[str] = set()
        self._live: dict[int, int] = {}
        self._dead: list[tuple[int, int]] = []

    @property
    def held_bytes(self) -> int:
        """Memory of the device that somebody still holds."""
        return sum(self._live.values())

    def empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        self._check(recordable=False)
        dtype = np.dtype(dtype)
        size = int(np.prod(shape)) * dtype.itemsize
        library = host_library("group", contract=self.contract)
        address = library.guarded_alloc(size)
        array = np.frombuffer((ctypes.c_char * size).from_address(address), np.uint8)
        array = array[:size].view(dtype).reshape(shape)
        owner = array.base
        while isinstance(owner, np.ndarray) and owner.base is not None:
            owner = owner.base
        self._live[address] = size
        weakref.finalize(owner, self._free, address, size)
        return array

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        array = self.empty(shape, dtype)
        array.view(np.uint8)[...] = 0
        return array

    def pinned(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        self._check(recordable=False)
        return np.empty(shape, dtype)

    def copy_in(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        self._copy(target, source)

    def copy_out(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        self._copy(target, source)

    def copy(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        self._copy(target, source)

    def address(self, array: np.ndarray[Any, Any]) -> int:
        return int(array.ctypes.data)

    def launch(
        self,
        file: str,
        kernel: str,
        grid: tuple[int, int],
        block: tuple[int, int],
        arguments: tuple[Any, ...],
        half_maps: bool = False,
    ) -> None:
        self._check()
        assert kernel in KERNELS[file]
        if self._tape is not None:
            assert kernel in self._loaded, f"{kernel} is recorded before it was ever launched"
        arrays = [_address(a) for a in arguments if isinstance(a, np.ndarray)]
        # By value and address, as a graph keeps them.
        pointer = (np.ndarray, type(None))
        held = [np.array(_address(a) if isinstance(a, pointer) else a) for a in arguments]
        self._do(
            functools.partial(self._launch, file, kernel, grid, block, held, half_maps), arrays
        )

    def _launch(
        self,
        file: str,
        kernel: str,
        grid: tuple[int, int],
        block: tuple[int, int],
        held: list[np.ndarray[Any, Any]],
        half_maps: bool,
    ) -> None:
        library = host_library(file, half_maps, self.contract)
        values = (ctypes.c_void_p * len(held))(*(a.ctypes.data for a in held))
        sizes = (ctypes.c_size_t * len(held))(*(a.dtype.itemsize for a in held))
        shape = (ctypes.c_uint * 6)(*grid, 1, *block, 1)
        run = getattr(library, f"launch_{kernel}")
        count = ctypes.c_size_t(len(held))
        with _ONE_AT_A_TIME:
            outcome = run(shape, ctypes.c_uint(self.seed), values, sizes, count)
            intact = [library.guarded_intact(*place) for place in list(self._live.items())]
        self._unmap()
        assert outcome == 0, f"{kernel} {_OUTCOMES[outcome]}"
        assert all(intact), f"{kernel} wrote beside a buffer"
        self.launched.append(kernel)
        self._loaded.add(kernel)

    def record(self, work: Callable[[], None]) -> HostRecording:
        self._check(recordable=False)
        self._tape = tape = []
        try:
            work()
        finally:
            self._tape = None
        self.recorded += 1
        return HostRecording(self, tape)

    def drop_recording(self) -> None:
        self._tape = None

    def wait(self) -> None:
        self._check(recordable=False)

    def trim(self) -> None:
        self._check(recordable=False)
        self.trimmed_to.append(self.held_bytes)

    def close(self) -> None:
        self.closed = True

    def _copy(self, target: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> None:
        self._check()
        assert target.shape == source.shape
        assert target.dtype == source.dtype
        assert target.flags.c_contiguous
        assert source.flags.c_contiguous
        here, there = int(_address(target)), int(_address(source))
        on_device = [a for a in (_address(target), _address(source)) if self._is_live(int(a))]
        assert on_device, "a copy within the host"
        self._do(functools.partial(ctypes.memmove, here, there, source.nbytes), on_device)

    def _do(self, work: Callable[[], Any], addresses: list[np.uint64]) -> None:
        """Now, or whenever what is being recorded is replayed."""

        def checked() -> None:
            self._check()
            for address in addresses:
                assert self._is_live(int(address)), "memory is used that has been freed"
            work()

        if self._tape is None:
            checked()
        else:
            self._tape.append(checked)

    def _is_live(self, address: int) -> bool:
        return any(start <= address < start + size for start, size in list(self._live.items()))

    def _check(self, recordable: bool = True) -> None:
        if self.broken is not None:
            raise self.broken
        if self._tape is not None and not recordable:
            raise KernelError("The GPU stopped working: this cannot be recorded.")

    def _free(self, address: int, size: int) -> None:
        del self._live[address]
        self._dead.append((address, size))
        self._unmap()

    def _unmap(self) -> None:
        """Now, or after the kernel that runs, maybe in the thread that collects garbage here."""
        if not _ONE_AT_A_TIME.acquire(blocking=False):
            return
        try:
            while self._dead:
                host_library("group", contract=self.contract).guarded_free(*self._dead.pop())
        finally:
            _ONE_AT_A_TIME.release()


class HostRecording:
    """Implements `engine.kernels.cuda_backend.Recording`."""

    def __init__(self, backend: HostBackend, tape: list[Callable[[], None]]) -> None:
        self._backend = backend
        self._tape = tape

    def replay(self) -> None:
        self._backend.replayed += 1
        for work in self._tape:
            work()


def _address(array: np.ndarray[Any, Any] | None) -> np.uint64:
    return np.uint64(0 if array is None else array.ctypes.data)
