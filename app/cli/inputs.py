"""Where `bbe segment` puts the results of each input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import typer

from app.cli.clashes import refuse_clashes, refuse_existing
from app.cli.finding import Inputs
from app.cli.job import Job, shown_name
from engine.sink.formats import ALPHA_FORMATS, VIDEO_FORMATS
from engine.sink.picture_files import unique_stems
from engine.source.endings import VIDEO_SUFFIXES
from engine.source.section import Section

PICTURE_OUTPUTS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"))

_NOT_IN_NAMES = re.compile(r'[<>:"|?*\\]')
"""Addresses have these, disks of Windows do not: such as the colon before a port."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. alpha: people on a transparent background.

    hidden_too: masks and COCO tell of hidden people, too. section: of films; None is all.
    """

    output: Path | None = None
    masks: Path | None = None
    coco: Path | None = None
    cutouts: Path | None = None
    alpha: bool = False
    overwrite: bool = False
    hidden_too: bool = False
    section: Section | None = None


def plan_jobs(inputs: Inputs, wanted: Wanted) -> list[Job]:
    """One job per video and one for all pictures, with their outputs.

    Raises `typer.BadParameter` for names that do not fit, `SinkError` for files that
    exist, before anything is read or written.
    """
    groups: list[str | int | Path | tuple[Path, ...]] = list(inputs.videos)
    if inputs.pictures:
        groups.append(inputs.pictures)
    namer = _Namer(inputs, wanted, several_jobs=len(groups) > 1)
    jobs = [namer.job(group) for group in groups]
    if not wanted.overwrite:
        refuse_existing(jobs)
    refuse_clashes(jobs, inputs)
    return jobs


class _Namer:
    """Gives every job its outputs; two inputs of one name never share one."""

    def __init__(self, inputs: Inputs, wanted: Wanted, several_jobs: bool) -> None:
        self._wanted = wanted
        self._several_jobs = several_jobs
        self._output_is_folder = wanted.output is not None and _is_folder(
            wanted.output, inputs.many
        )
        self._taken: set[str] = set()
        if several_jobs and wanted.coco is not None and wanted.coco.suffix.lower() == ".json":
            raise typer.BadParameter(
                "for a video beside other inputs it must name a folder.", param_hint="--json"
            )

    def job(self, source: str | int | Path | tuple[Path, ...]) -> Job:
        wanted, stem = self._wanted, _stem(source)
        outputs: list[Path] = []
        if wanted.output is not None:
            if isinstance(source, tuple):
                outputs = self._picture_outputs(wanted.output, source)
            else:
                outputs = [self._video_output(wanted.output, source)]
        coco = wanted.coco
        if coco is not None and (self._several_jobs or coco.is_dir()):
            coco = self._free(coco / f"{stem}.json")
        return Job(
            source=source,
            outputs=tuple(outputs),
            masks=self._folder(wanted.masks, stem),
            coco=coco,
            cutouts=self._folder(wanted.cutouts, stem),
        )

    def _folder(self, folder: Path | None, stem: str) -> Path | None:
        if folder is None or not self._several_jobs:
            return folder
        return self._free(folder / stem)

    def _video_output(self, output: Path, source: str | int | Path) -> Path:
        formats = ALPHA_FORMATS if self._wanted.alpha else VIDEO_FORMATS
        if not self._output_is_folder:
            _check_suffix(output, formats, "a video")
            return output
        suffix = Path(shown_name(source)).suffix.lower()
        chosen = suffix if suffix in formats else next(iter(formats))
        return self._free(output / f"{_stem(source)}{chosen}")

    def _picture_outputs(self, output: Path, sources: Sequence[Path]) -> list[Path]:
        allowed = (".png", ".webp") if self._wanted.alpha else sorted(PICTURE_OUTPUTS)
        if not self._output_is_folder:
            _check_suffix(output, allowed, "a picture")
            return [output]
        suffixes = (path.suffix.lower() for path in sources)
        endings = [suffix if suffix in allowed else ".png" for suffix in suffixes]
        return [
            output / f"{stem}{ending}"
            for stem, ending in zip(unique_stems(sources), endings, strict=True)
        ]

    def _free(self, path: Path) -> Path:
        chosen, number = path, 2
        while str(chosen).casefold() in self._taken:  # capitals are all the same to some disks
            chosen = path.with_name(f"{path.stem} {number}{path.suffix}")
            number += 1
        self._taken.add(str(chosen).casefold())
        return chosen


def _is_folder(output: Path, many: bool) -> bool:
    names_file = output.suffix.lower() in VIDEO_SUFFIXES | PICTURE_OUTPUTS and not output.is_dir()
    if many and (output.is_file() or names_file):
        raise typer.BadParameter("with several inputs it must be a folder.", param_hint="--output")
    return many or output.is_dir() or not output.suffix


def _check_suffix(output: Path, allowed: Iterable[str], kind: str) -> None:
    if output.suffix.lower() not in allowed:
        raise typer.BadParameter(
            f"{output.name}: {kind} can be written as {', '.join(allowed)}.",
            param_hint="--output",
        )


def _stem(source: str | int | Path | tuple[Path, ...]) -> str:
    if isinstance(source, tuple):
        return source[0].stem if len(source) == 1 else "pictures"
    if isinstance(source, Path):
        return source.stem or "video"
    stem = PurePosixPath(shown_name(source).rstrip("/")).stem
    return _NOT_IN_NAMES.sub("_", stem) or "video"
