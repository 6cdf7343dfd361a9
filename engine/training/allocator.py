"""Keeping the memory that a training step gives back, for the next step.

A step on a CPU frees several gigabytes and asks for the same again. glibc hands large
blocks back to the system at once, which then has to fill them with zeros page by page:
a fifth of the time of a step.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3)."""

NEVER = -1
GROW_BYTES = 256 * 2**20


def keep_freed_memory() -> bool:
    """Let malloc of this process keep what is freed; True where that was possible.

    Only glibc knows how; elsewhere nothing happens. The process then stays as large as it
    ever was.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    wishes = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, NEVER), (M_TOP_PAD, GROW_BYTES))
    accepted = [libc.mallopt(name, value) == 1 for name, value in wishes]
    return all(accepted)
