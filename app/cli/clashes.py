"""What `bbe segment` refuses before it begins: to write over its inputs or its own results."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.job import Job
from engine.errors import SinkError
from engine.sink.picture_files import unique_stems

if TYPE_CHECKING:
    from app.cli.finding import Inputs

_Identity = Path | tuple[int, int]

_ANOTHER = "Choose another name or folder."


def refuse_existing(jobs: Sequence[Job]) -> None:
    """Raise `SinkError` where a file to be written is there."""
    files = [path for job in jobs for path in (*job.outputs, job.coco) if path and path.exists()]
    if files:
        others = f" and {len(files) - 1} more exist" if len(files) > 1 else " exists"
        raise SinkError(f"{files[0]}{others} already.", "Use --overwrite or choose another name.")


def refuse_clashes(jobs: Sequence[Job], inputs: Inputs) -> None:
    """Raise `SinkError` where something would be written over an input, or twice to one file."""
    paths = [p for p in (*inputs.videos, *inputs.pictures) if isinstance(p, Path)]
    sources = {identity for path in paths for identity in _identities(path)}
    layered = {path.resolve().parent.parent for path in paths}
    written: set[_Identity] = set()
    for job in jobs:
        for path in _files(job):
            identities = _identities(path)
            if identities & sources:
                raise SinkError(f"{path} is an input.", _ANOTHER)
            if identities & written:
                raise SinkError(f"{path} would be written twice.", _ANOTHER)
            written |= identities
        if job.cutouts is not None and job.cutouts.resolve() in layered:
            raise SinkError(f"{job.cutouts} holds folders with inputs.", _ANOTHER)


def _identities(path: Path) -> set[_Identity]:
    """Its name and, of a file that is there, what the disk knows it by under all its names."""
    identities: set[_Identity] = {path.resolve()}
    with contextlib.suppress(OSError):
        stat = path.stat()
        if stat.st_ino:
            identities.add((stat.st_dev, stat.st_ino))
    return identities


def _files(job: Job) -> Iterator[Path]:
    """Every file that the job writes, but for numbered frames and layers."""
    yield from job.outputs
    if job.coco is not None:
        yield job.coco
    if job.masks is not None and isinstance(job.source, tuple):
        for stem in unique_stems(job.source):
            yield job.masks / f"{stem}.png"
