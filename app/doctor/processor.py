"""What the processor is called; each system keeps that elsewhere."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

_WINDOWS_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_ASK_MACOS = ("sysctl", "-n", "machdep.cpu.brand_string")


def cpu_name() -> str:
    """The processor's own name, such as "Apple M2"; what Python calls it where there is none."""
    try:
        name = _own_name()
    except (OSError, subprocess.SubprocessError):
        name = ""
    return name or platform.processor() or platform.machine()


def _own_name() -> str:
    """Empty where nobody tells. Raises OSError and `subprocess.SubprocessError`."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_KEY) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    if sys.platform == "darwin":
        return subprocess.check_output(_ASK_MACOS, text=True, timeout=5).strip()
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")
