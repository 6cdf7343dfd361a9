"""One job of `bbe segment`: its source, its sinks, its run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.cli.console import note
from app.cli.inputs import Wanted
from app.cli.job import Job
from app.cli.progress import ProgressView
from engine.config import Settings
from engine.errors import EngineError, SourceError, SourceNotFound
from engine.export import ExportSummary, export
from engine.predictor import Predictor
from engine.sink.alpha import AlphaRecorder, CutoutPngSink
from engine.sink.base import Sink
from engine.sink.coco import CocoJsonSink
from engine.sink.film import count_pictures
from engine.sink.masks import LabelPngSink
from engine.sink.options import RecorderOptions
from engine.sink.outfile import make_folder
from engine.sink.picture_files import PictureFilesSink, frame_names, unique_stems
from engine.sink.recorder import VideoRecorder
from engine.sink.worker import WhenFull
from engine.source import Source, open_source
from engine.source.section import SectionSource


@dataclass(frozen=True, slots=True)
class Outcome:
    """line: what was done, for people. unreadable: pictures that were passed over."""

    line: str
    warnings: tuple[str, ...] = ()
    unreadable: int = 0


def run_job(
    job: Job,
    wanted: Wanted,
    predictor: Predictor,
    settings: Settings,
    track: bool | None,
    stop: threading.Event,
    title: str,
) -> Outcome:
    """Run one job to its end, or until `stop`. Raises `EngineError`."""
    with ExitStack() as opened:
        source = _open(job, wanted)
        opened.callback(source.close)
        sinks: list[Sink] = []
        for make in _sink_makers(job, wanted, source):
            sinks.append(make())
            opened.callback(sinks[-1].close)
        opened.pop_all()  # from here on the export closes them
        pictures = bool(source.info.pictures)
        keep_ids = settings.track.enabled and (not pictures if track is None else track)
        settings = replace(settings, track=replace(settings.track, enabled=keep_ids))
        with ProgressView(title, "pictures" if pictures else "frames") as view:
            try:
                summary = export(lambda: source, predictor, sinks, settings, view.update, stop)
            except EngineError:
                if view.done:
                    _note_written(job, sinks, view)
                raise
    return _outcome(job, source, sinks, summary)


def _note_written(job: Job, sinks: list[Sink], view: ProgressView) -> None:
    """What an error left behind; of what was handed to a recorder, some may not have got there."""
    targets, count = _targets(job), view.done
    for sink in sinks:
        if isinstance(sink, VideoRecorder):
            targets, count = str(sink.path), count_pictures(sink.path)
    note(f"{targets}: {count} {view.unit} were written before this:")


def _open(job: Job, wanted: Wanted) -> Source:
    try:
        source = open_source(job.source)
    except SourceNotFound as error:
        if not isinstance(job.source, Path):
            raise
        # Its own hint names cameras, too, which would be refused here.
        raise SourceNotFound(error.message, "Check the name and the folder.") from error
    if source.info.live:
        source.close()
        raise SourceError(
            f"{source.info.name} is live and never ends.",
            "Record it with `bbe live --headless --record FILE`.",
        )
    return source if wanted.section is None else SectionSource(source, wanted.section)


def _sink_makers(job: Job, wanted: Wanted, source: Source) -> Iterator[Callable[[], Sink]]:
    """How to open each sink of the job; opening fails at once where it cannot work."""
    mask_name, coco_name = frame_names(source.info.pictures)
    if job.outputs and source.info.pictures:
        yield lambda: PictureFilesSink(job.outputs, wanted.overwrite, wanted.alpha)
    elif job.outputs:
        yield lambda: _recorder(job.outputs[0], wanted, source)
    if job.masks is not None:
        folder = job.masks
        yield lambda: LabelPngSink(folder, wanted.overwrite, mask_name, wanted.hidden_too)
    if job.coco is not None:
        file = job.coco
        make_folder(file.parent)
        yield lambda: CocoJsonSink(file, wanted.overwrite, coco_name, wanted.hidden_too)
    if job.cutouts is not None:
        layers = job.cutouts
        layer_names = [f"{stem}.png" for stem in unique_stems(source.info.pictures)]
        yield lambda: CutoutPngSink(layers, wanted.overwrite, layer_names)


def _recorder(path: Path, wanted: Wanted, source: Source) -> VideoRecorder:
    make_folder(path.parent)
    info = source.info
    options = RecorderOptions(
        fps=info.fps,
        when_full=WhenFull.WAIT,
        overwrite=wanted.overwrite,
        audio_from=info.sound_from,
        audio_until_s=info.sound_until_s,
    )
    if wanted.alpha:
        return AlphaRecorder(path, size_hw=info.size_hw, options=options)
    return VideoRecorder(path, size_hw=info.size_hw, options=options)


def _outcome(job: Job, source: Source, sinks: list[Sink], summary: ExportSummary) -> Outcome:
    pictures = bool(source.info.pictures)
    unit = "picture" if pictures else "frame"
    what = f"{summary.frames} {unit}{'' if summary.frames == 1 else 's'}"
    if not summary.complete:
        total = source.info.frame_count
        what = f"stopped after {what}{f' of {total}' if total else ''}"
    if job.title == what:
        what = "done"
    line = (
        f"{job.title} → {_targets(job)}: {what}, {summary.people_per_frame:.1f} people per "
        f"{unit}, {summary.fps:.1f} {unit}s/s"
    )
    warnings = [f"{reason} It was left out." for reason in summary.left_out]
    if summary.damage:
        warnings.append(f"{summary.damage} The film goes on with the next one that can.")
    warnings += [s.audio_warning for s in sinks if isinstance(s, VideoRecorder) and s.audio_warning]
    return Outcome(line, tuple(warnings), unreadable=len(summary.left_out))


def _targets(job: Job) -> str:
    outputs = job.outputs[:1] if len(job.outputs) == 1 else {path.parent for path in job.outputs}
    targets = [*outputs, *(path for path in (job.masks, job.coco, job.cutouts) if path)]
    return ", ".join(str(path) for path in targets)
