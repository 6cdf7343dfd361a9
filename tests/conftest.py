"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DIR = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The data folder beside the checkout; skips where it is absent."""
    if not SHARED_DIR.is_dir():
        pytest.skip(f"no shared data folder at {SHARED_DIR}")
    return SHARED_DIR
