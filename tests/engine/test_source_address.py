"""What addresses mean and are called."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.source.address import local_path


@pytest.mark.parametrize(
    ("platform", "address", "path"),
    [
        ("win32", "file:///C:/My%20films/a.mp4", "C:/My films/a.mp4"),
        ("win32", "FILE:///d:/a%2Bb.mp4", "d:/a+b.mp4"),
        ("win32", "file://server/share/a.mp4", "//server/share/a.mp4"),
        ("linux", "file:///C:/a.mp4", "/C:/a.mp4"),
        ("darwin", "file://localhost/Users/me/a%20b.mp4", "/Users/me/a b.mp4"),
        ("linux", "https://host/a.mp4", None),
        ("linux", "file://[host", None),
    ],
)
def test_the_address_of_a_file_is_understood_as_the_system_writes_it(
    platform: str, address: str, path: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert local_path(address) == (None if path is None else Path(path))
