"""The machine: operating system, processor, memory, graphics card."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

from app.doctor.finding import Finding, Verdict
from app.doctor.processor import cpu_name

TOPIC = "system"
_FEATURES = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512vnni", "avxvnni", "amx-int8", "neon")
"""What the network's CPU kernels can use, in LLVM's names."""


def check_system() -> list[Finding]:
    """Operating system, Python, processor and memory."""
    return [
        Finding(TOPIC, "os", f"{os_name()}, {platform.machine()}"),
        Finding(TOPIC, "python", f"{platform.python_version()} at {sys.executable}"),
        Finding(TOPIC, "processor", f"{cpu_name()}, {usable_cores()} usable cores"),
        Finding(TOPIC, "cpu features", ", ".join(cpu_features()) or "none known"),
    ]


def check_gpu() -> list[Finding]:
    """The NVIDIA card, as its driver tells."""
    gpus = gpu_names()
    if not gpus:
        return [Finding(TOPIC, "gpu", "no NVIDIA GPU found; the CPU serves", Verdict.NOTE)]
    return [Finding(TOPIC, "gpu", gpu) for gpu in gpus]


def os_name() -> str:
    """E.g. "Debian GNU/Linux 12 (Linux 6.1)"."""
    kernel = f"{platform.system()} {platform.release()}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({kernel})"
    except (OSError, KeyError):
        return kernel


def cpu_features() -> tuple[str, ...]:
    """Which of the instruction sets that matter the processor has."""
    import llvmlite.binding as llvm

    present = llvm.get_host_cpu_features()
    return tuple(name for name in _FEATURES if present.get(name))


def usable_cores() -> int:
    """Logical cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpu_names() -> tuple[str, ...]:
    """Name, driver and memory of each NVIDIA card; empty without a driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = "--query-gpu=name,driver_version,memory.total"
    try:
        done = subprocess.run(
            [program, query, "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode:
        return ()
    lines = (line.split(", ") for line in done.stdout.splitlines() if line.count(", ") == 2)
    return tuple(f"{name}, driver {driver}, {memory}" for name, driver, memory in lines)
