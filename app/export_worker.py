"""A whole film through the network into files, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QThread, pyqtSignal

from engine.config import Settings
from engine.errors import EngineError
from engine.predictor import Predictor
from engine.sink.base import Sink
from engine.slot import LatestSlot
from engine.source.base import Source, SourceInfo

if TYPE_CHECKING:
    from engine.export import ExportProgress, ExportSummary


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write. Each of video, masks and json is None where it is not wanted."""

    source: SourceInfo
    video: Path | None = None
    masks: Path | None = None
    json: Path | None = None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Everything that will be there afterwards."""
        return tuple(path for path in (self.video, self.masks, self.json) if path is not None)


def open_sinks(plan: ExportPlan) -> list[Sink]:
    """The sinks of a plan; those opened before one fails are closed. Raises `SinkError`."""
    from engine.sink import (
        CocoJsonSink,
        LabelPngSink,
        RecorderOptions,
        VideoRecorder,
        WhenFull,
    )

    source = plan.source
    audio = source.path if source.has_audio else None
    options = RecorderOptions(fps=source.fps, when_full=WhenFull.WAIT, audio_from=audio)
    sinks: list[Sink] = []
    try:
        if plan.video is not None:
            sinks.append(VideoRecorder(plan.video, options=options))
        if plan.masks is not None:
            sinks.append(LabelPngSink(plan.masks))
        if plan.json is not None:
            sinks.append(CocoJsonSink(plan.json))
    except EngineError:
        for sink in sinks:
            sink.close()
        raise
    return sinks


class ExportThread(QThread):
    """Owns one export. progressed: empty, only wakes; the newest waits in `progress`.

    When the thread has finished, either `summary` or `error` is there.
    """

    progressed = pyqtSignal()

    def __init__(
        self,
        plan: ExportPlan,
        open_source: Callable[[], Source],
        open_predictor: Callable[[], Predictor],
        settings: Settings,
        make_sinks: Callable[[ExportPlan], list[Sink]] = open_sinks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.plan = plan
        self.progress: LatestSlot[ExportProgress] = LatestSlot()
        self.summary: ExportSummary | None = None
        self.error: EngineError | None = None
        self._open_source, self._open_predictor = open_source, open_predictor
        self._settings, self._make_sinks = settings, make_sinks
        self._stop = threading.Event()

    def cancel(self) -> None:
        """End soon; what was written stays playable."""
        self._stop.set()

    def run(self) -> None:
        """Export; never raises `EngineError`."""
        from engine.export import export  # slow to import

        try:
            predictor = self._open_predictor()
            try:
                self.summary = export(
                    self._open_source,
                    predictor,
                    self._make_sinks(self.plan),
                    self._settings,
                    self._tell,
                    self._stop,
                )
            finally:
                predictor.close()
        except EngineError as error:
            self.error = error

    def _tell(self, progress: ExportProgress) -> None:
        if self.progress.put(progress):
            self.progressed.emit()
