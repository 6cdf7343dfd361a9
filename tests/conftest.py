"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DIR = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens",
        action="store_true",
        help="write the pictures in tests/goldens anew instead of comparing with them",
    )


@pytest.fixture
def renew_goldens(request: pytest.FixtureRequest) -> bool:
    """Whether the expected pictures are to be replaced by today's."""
    return bool(request.config.getoption("--renew-goldens"))


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The data folder beside the checkout; skips where it is absent."""
    if not SHARED_DIR.is_dir():
        pytest.skip(f"no shared data folder at {SHARED_DIR}")
    return SHARED_DIR
