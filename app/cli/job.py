"""What `bbe segment` has to do for one of its inputs, or for all pictures at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.source.address import name_of_url


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the engine: a video, or all the pictures at once.

    source: a path, an address, the name of a built-in scene, or several pictures.
    outputs: one file for a video, one per picture; empty where none is wanted.
    """

    source: str | int | Path | tuple[Path, ...]
    outputs: tuple[Path, ...] = ()
    masks: Path | None = None
    coco: Path | None = None
    cutouts: Path | None = None

    @property
    def title(self) -> str:
        """For people."""
        if isinstance(self.source, tuple):
            count = len(self.source)
            return self.source[0].name if count == 1 else f"{count} pictures"
        return self.source.name if isinstance(self.source, Path) else shown_name(self.source)


def shown_name(source: str | int | Path) -> str:
    """As people see it and files are named after it: without the secrets of an address."""
    text = str(source)
    return name_of_url(text) if "://" in text else text
