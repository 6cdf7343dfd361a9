"""What an export writes, and the sinks that do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.basics.saving import new_file
from engine.errors import EngineError
from engine.sink.base import Sink
from engine.source.base import SourceInfo
from engine.source.section import Section


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write of which film or photos, into which folder, under which first words.

    ending: of the film or photo. Several photos go into a folder of their own. cut_out: the
    people alone on transparent ground in place of the overlay. hidden_too: masks and JSON tell
    the shapes of hidden people, too. section: the part of a film; None is all of it.
    """

    source: SourceInfo
    folder: Path
    stem: str
    overlay: bool = True
    ending: str = ".mp4"
    cut_out: bool = False
    masks: bool = False
    json: bool = False
    hidden_too: bool = False
    section: Section | None = None


def open_sinks(plan: ExportPlan) -> tuple[list[Sink], list[Path]]:
    """The sinks of a plan and what they write. Raises `SinkError`, having closed the others."""
    from engine.sink.coco import CocoJsonSink
    from engine.sink.masks import LabelPngSink
    from engine.sink.picture_files import frame_names

    ending = "" if len(plan.source.pictures) > 1 else plan.ending
    shown = new_file(plan.folder, plan.stem, ending)
    name = shown.name.removesuffix(ending)
    masks, json = shown.with_name(f"{name} masks"), shown.with_name(f"{name}.json")
    mask_name, coco_name = frame_names(plan.source.pictures)
    sinks: list[Sink] = []
    paths: list[Path] = []
    try:
        if plan.overlay:
            sinks.append(_open_overlay(shown, plan))
            paths.append(shown)
        if plan.masks:
            sinks.append(LabelPngSink(masks, file_name=mask_name, hidden_too=plan.hidden_too))
            paths.append(masks)
        if plan.json:
            sinks.append(CocoJsonSink(json, file_name=coco_name, hidden_too=plan.hidden_too))
            paths.append(json)
    except EngineError:
        for sink in sinks:
            sink.close()
        raise
    return sinks, paths


def _open_overlay(path: Path, plan: ExportPlan) -> Sink:
    from engine.sink.alpha import AlphaRecorder
    from engine.sink.options import RecorderOptions
    from engine.sink.picture_files import PictureFilesSink, unique_stems
    from engine.sink.recorder import VideoRecorder
    from engine.sink.worker import WhenFull

    source, pictures = plan.source, plan.source.pictures
    if pictures:
        names = [f"{stem}{plan.ending}" for stem in unique_stems(pictures)]
        paths = [path / name for name in names] if len(names) > 1 else [path]
        return PictureFilesSink(paths, cut_out=plan.cut_out)
    options = RecorderOptions(
        fps=source.fps,
        when_full=WhenFull.WAIT,
        audio_from=source.sound_from,
        audio_until_s=plan.section.ends_at(source) if plan.section is not None else None,
    )
    if plan.cut_out:
        return AlphaRecorder(path, options=options)
    return VideoRecorder(path, options=options)
