"""A whole film through the network into files, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QThread, pyqtSignal

from app.held.export_plan import ExportPlan, open_sinks
from engine.config import Settings
from engine.errors import EngineError, unexpected
from engine.predictor import Predictor
from engine.sink.base import Sink
from engine.sink.outfile import is_there
from engine.slot import LatestSlot
from engine.source.base import Source
from engine.source.section import SectionSource

if TYPE_CHECKING:
    from engine.export import ExportProgress, ExportSummary
    from engine.tracking.sightings import Sightings

log = logging.getLogger(__name__)


class ExportThread(QThread):
    """Owns one export. progressed: empty, only wakes; the newest waits in `progress`.

    When the thread has finished, either `error` or `summary` is there; `outputs` are the files
    that exist, after an error, too. missing_sound: what of it is not in them, "" if nothing.
    """

    progressed = pyqtSignal()

    def __init__(
        self,
        plan: ExportPlan,
        open_source: Callable[[], Source],
        open_predictor: Callable[[], Predictor],
        settings: Settings,
        sightings: Sightings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.plan = plan
        self.progress: LatestSlot[ExportProgress] = LatestSlot()
        self.summary: ExportSummary | None = None
        self.error: EngineError | None = None
        self.outputs: tuple[Path, ...] = ()
        self.missing_sound = ""
        self._open_source, self._open_predictor = open_source, open_predictor
        self._settings, self._sightings = settings, sightings
        self._stop = threading.Event()

    def cancel(self) -> None:
        """End soon; what was written stays playable."""
        self._stop.set()

    def run(self) -> None:
        """Export; a failure is a value."""
        from engine.export import export  # slow to import

        try:
            predictor = self._open_predictor()
            try:
                sinks, paths = open_sinks(self.plan)
                try:
                    self.summary = export(
                        self._open_part,
                        predictor,
                        sinks,
                        self._settings,
                        self._tell,
                        self._stop,
                        self._sightings,
                    )
                    self.missing_sound = _missing_sound(sinks)
                finally:
                    self.outputs = tuple(path for path in paths if is_there(path))
            finally:
                predictor.close()
        except EngineError as error:
            self.error = error
        except Exception as error:
            log.exception("the export failed unexpectedly")
            self.error = unexpected(error, "Something", EngineError)

    def _open_part(self) -> Source:
        section, source = self.plan.section, self._open_source()
        return source if section is None else SectionSource(source, section)

    def _tell(self, progress: ExportProgress) -> None:
        if self.progress.put(progress):
            self.progressed.emit()


def _missing_sound(sinks: Sequence[Sink]) -> str:
    from engine.sink.recorder import VideoRecorder

    recorders = (sink for sink in sinks if isinstance(sink, VideoRecorder))
    return " ".join(recorder.audio_warning for recorder in recorders)
