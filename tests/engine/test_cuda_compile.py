"""Every CUDA kernel compiles for every architecture, where there is a CUDA compiler."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.kernels.cuda_source import ARCHITECTURES, KERNELS, cuda_source

_FILES = [("preprocess", False), ("group", False), ("group", True), ("composite", False)]


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
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
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
