"""Compiled kernels on machines where nothing can be written."""

from __future__ import annotations

import numba
import pytest

from engine.kernels.jit import jit


def test_kernels_compile_where_nothing_can_be_cached(monkeypatch: pytest.MonkeyPatch):
    plain = numba.njit

    def njit_without_a_writable_folder(*, cache: bool, **options):
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available")
        return plain(**options)

    def double(value: int) -> int:
        return 2 * value

    # Numba uses its own njit when it compiles for the first time.
    with monkeypatch.context() as patch:
        patch.setattr(numba, "njit", njit_without_a_writable_folder)
        compiled = jit(double)
    assert compiled(21) == 42
