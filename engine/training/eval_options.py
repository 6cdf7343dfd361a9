"""What `bbe eval` is asked to measure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine.config import GroupOptions, Provider
from engine.errors import ConfigError

PAPER_LONG_SIDE = 961
"""The paper resizes the longer side of every photo to this."""

SPLITS = ("val", "train", "tune")


def every_person() -> GroupOptions:
    """Grouping as the application does it, but with the unsure people, whom COCO ranks."""
    return GroupOptions(min_score=0.0)


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """What to measure.

    data: folder with annotations/ and pictures, see `engine.training.dataset.find_coco`.
    model: name or path, "" the default one. split: "val", "train", or "tune": the part of
    the training photos that the trainer never shows to the network. long_sides: of the
    network input in pixels; empty for the paper's and the model's own. look_twice: at each
    of them and larger, see `engine.second_look`. threads: of the
    network on the CPU, 0 for one per core. max_photos: only the first so many, None for
    all. exact_only: leave out photos with masks drawn by a network. out: folder for
    report, curves and pages; None writes nothing.
    """

    data: Path
    model: str = ""
    split: str = "val"
    long_sides: tuple[int, ...] = ()
    look_twice: bool = False
    provider: Provider = Provider.AUTO
    threads: int = 0
    group: GroupOptions = field(default_factory=every_person)
    max_photos: int | None = None
    exact_only: bool = False
    out: Path | None = None

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ConfigError(f"There is no split {self.split!r}.", "Take val, train or tune.")
        if self.max_photos is not None and self.max_photos < 1:
            raise ConfigError(f"max_photos is {self.max_photos}.", "It must be at least 1.")
