"""Every CUDA kernel compiles for every architecture, where there is a CUDA compiler."""

from __future__ import annotations

import ctypes
import re
import shutil
import site
import subprocess
from pathlib import Path

import pytest

from engine.kernels.cuda_source import ARCHITECTURES, KERNELS, cuda_source

_GEFORCE = ("sm_86", "sm_89", "sm_120")
"""RTX 30, 40 and 50; RTX 20 is among the others. CuPy compiles for the card's very own."""

_FILES = [(file, False) for file in KERNELS] + [("group", True)]


@pytest.fixture(scope="module")
def nvcc() -> str:
    found = shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")
    if found is None:
        pytest.skip("nvcc is not installed: the CUDA kernels are not compiled here")
    return found


@pytest.mark.parametrize(("file", "half_maps"), _FILES)
def test_kernels_compile_without_warnings_and_keep_to_registers(
    nvcc: str, file: str, half_maps: bool, tmp_path: Path
) -> None:
    source = tmp_path / f"{file}.cu"
    source.write_text(cuda_source(file, half_maps), encoding="utf-8")
    targets = [f"-gencode=arch=compute_{name[3:]},code={name}" for name in ARCHITECTURES]
    command = [nvcc, "-std=c++17", *targets, "-Werror", "all-warnings", "-Xptxas", "-v"]
    command += ["-fatbin", "-o", str(tmp_path / "out.fatbin"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    compiled = re.findall(r"Compiling entry function '(\w+)' for '(sm_\d+)'", done.stderr)
    assert sorted(compiled) == sorted((k, a) for k in KERNELS[file] for a in ARCHITECTURES)
    # A stack frame or a spill puts arrays meant for registers into device memory.
    frames = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores", done.stderr)
    assert frames
    assert all(sizes == ("0", "0") for sizes in frames), done.stderr


def test_no_kernel_file_is_left_out() -> None:
    folder = Path(cuda_source.__code__.co_filename).parent
    assert {path.stem for path in folder.glob("*.cu")} == set(KERNELS)


class Nvrtc:
    """The run-time compiler that CuPy hands the kernels to."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def compile(self, source: str, architecture: str) -> tuple[int, str]:
        """Error code, 0 is none, and the compiler's log."""
        program = ctypes.c_void_p()
        text = ctypes.c_char_p(source.encode())
        created = self._library.nvrtcCreateProgram(
            ctypes.byref(program), text, b"kernels.cu", 0, None, None
        )
        assert created == 0
        wanted = (f"--gpu-architecture={architecture}".encode(), b"-std=c++17")
        code = self._library.nvrtcCompileProgram(
            program, len(wanted), (ctypes.c_char_p * len(wanted))(*wanted)
        )
        size = ctypes.c_size_t()
        self._library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
        log = ctypes.create_string_buffer(size.value)
        self._library.nvrtcGetProgramLog(program, log)
        self._library.nvrtcDestroyProgram(ctypes.byref(program))
        return code, log.value.decode()

    def knows(self, architecture: str) -> bool:
        """CUDA 12.8 is the first to know sm_120."""
        count = ctypes.c_int()
        self._library.nvrtcGetNumSupportedArchs(ctypes.byref(count))
        known = (ctypes.c_int * count.value)()
        self._library.nvrtcGetSupportedArchs(known)
        return int(architecture.removeprefix("sm_")) in known


@pytest.fixture(scope="module")
def nvrtc() -> Nvrtc:
    wheels = [Path(folder) / "nvidia" for folder in site.getsitepackages()]
    found = [path for wheel in wheels for path in wheel.glob("**/lib/libnvrtc.so.*")]
    for name in (*map(str, found), "libnvrtc.so.13", "libnvrtc.so.12"):
        try:
            return Nvrtc(ctypes.CDLL(name))
        except OSError:
            continue
    pytest.skip("NVRTC is not installed: the kernels are not compiled the way CuPy does")


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, *_GEFORCE])
@pytest.mark.parametrize(("file", "half_maps"), _FILES)
def test_kernels_compile_without_any_header(
    nvrtc: Nvrtc, file: str, half_maps: bool, architecture: str
) -> None:
    if not nvrtc.knows(architecture):
        pytest.skip(f"this NVRTC does not know {architecture}")
    code, log = nvrtc.compile(cuda_source(file, half_maps), architecture)
    assert code == 0, log
    assert "warning" not in log
