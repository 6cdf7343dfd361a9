"""What is kept of people from frame to frame for their labels, by track id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

REMEMBERED_S = 0.5
"""Whoever was out of sight for longer is somebody new."""


class Seen(Protocol):
    """Of one person. seen_at_s: time of the last frame with that person."""

    @property
    def seen_at_s(self) -> float: ...  # noqa: D102


Kept = TypeVar("Kept", bound=Seen)


def remembered(by_id: Mapping[int, Kept], time_s: float) -> dict[int, Kept]:
    """Those who count in the frame of that time; nobody where time runs backwards."""
    return {i: kept for i, kept in by_id.items() if 0 <= time_s - kept.seen_at_s <= REMEMBERED_S}


def renamed(by_id: Mapping[int, Kept], name: Callable[[int], int]) -> dict[int, Kept]:
    """With every id as `name` calls it."""
    return {name(track_id): kept for track_id, kept in by_id.items()}
