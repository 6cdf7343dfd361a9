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

    monkeypatch.setattr(numba, "njit", njit_without_a_writable_folder)

    @jit
    def double(value: int) -> int:
        return 2 * value

    assert double(21) == 42
