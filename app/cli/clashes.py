"""What `bbe segment` refuses before it begins: to write over its inputs or its own results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SinkError
from engine.sink.picture_files import unique_stems

if TYPE_CHECKING:
    from app.cli.finding import Inputs
    from app.cli.inputs import Job

_ANOTHER = "Choose another name or folder."


def refuse_existing(jobs: Sequence[Job]) -> None:
    """Raise `SinkError` where a file to be written is there."""
    files = [path for job in jobs for path in (*job.outputs, job.coco) if path and path.exists()]
    if files:
        others = f" and {len(files) - 1} more exist" if len(files) > 1 else " exists"
        raise SinkError(f"{files[0]}{others} already.", "Use --overwrite or choose another name.")


def refuse_clashes(jobs: Sequence[Job], inputs: Inputs) -> None:
    """Raise `SinkError` where something would be written over an input, or twice to one file."""
    sources = {p.resolve() for p in (*inputs.videos, *inputs.pictures) if isinstance(p, Path)}
    layered = {path.parent.parent for path in sources}
    written: set[Path] = set()
    for job in jobs:
        for path in _files(job):
            if path.resolve() in sources:
                raise SinkError(f"{path} is an input.", _ANOTHER)
            if path.resolve() in written:
                raise SinkError(f"{path} would be written twice.", _ANOTHER)
            written.add(path.resolve())
        if job.cutouts is not None and job.cutouts.resolve() in layered:
            raise SinkError(f"{job.cutouts} holds folders with inputs.", _ANOTHER)


def _files(job: Job) -> Iterator[Path]:
    """Every file that the job writes, but for numbered frames and layers."""
    yield from job.outputs
    if job.coco is not None:
        yield job.coco
    if job.masks is not None and isinstance(job.source, tuple):
        for stem in unique_stems(job.source):
            yield job.masks / f"{stem}.png"
