"""How the CPU kernels are compiled: Numba, without the GIL, kept on disk between starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

# Without the wrapper for callers in C, whom we do not have, compiling takes a quarter less.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def jit(function: F) -> F:
    """Compile `function` at its first call, or load it from Numba's cache on disk.

    The GIL is released while it runs, so capture and window go on meanwhile. Division by
    zero follows NumPy (inf, NaN) instead of raising, which lets loops vectorise. Where
    neither the program's folder nor the user's cache can be written, every start compiles.
    """
    try:
        return cast(F, numba.njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # "cannot cache function: no locator available for file"
        return cast(F, numba.njit(cache=False, **_OPTIONS)(function))
