"""Starts, shows and ends exports; at most one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.held.backend import Backend, SourceRequest
from app.held.export_plan import ExportPlan
from app.running.export_worker import ExportThread
from app.shown.export_card import ExportCard
from engine.config import RuntimeOptions, Settings

if TYPE_CHECKING:
    from engine.tracking.sightings import Sightings


class Exporting(QObject):
    """Owns the export's thread and drives its card.

    saved: the outputs, the `ExportSummary`, and what is missing of the sound, "" if nothing.
    failed: an `EngineError`, and the outputs that there are all the same. changed: wanted,
    started or over.
    """

    saved = pyqtSignal(object, object, str)
    failed = pyqtSignal(object, object)
    changed = pyqtSignal()

    def __init__(self, backend: Backend, card: ExportCard, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend, self._card = backend, card
        self._thread: ExportThread | None = None
        self._expected = False
        card.cancelled.connect(self.cancel)

    @property
    def active(self) -> bool:
        """True until the files are finished."""
        return self._thread is not None

    @property
    def wanted(self) -> bool:
        """True from the moment one is asked for, also while it cannot begin yet."""
        return self._expected or self.active

    def expect(self) -> None:
        """One is to `start`, now or once it can."""
        self._expected = True
        self.changed.emit()

    def start(
        self,
        plan: ExportPlan,
        request: SourceRequest,
        runtime: RuntimeOptions,
        settings: Settings,
        sightings: Sightings | None,
    ) -> None:
        """Export as planned, with the settings of this moment and the identities seen.

        Does nothing where none is expected any more.
        """
        if not self._expected:
            return
        self._expected = False
        thread = ExportThread(
            plan,
            lambda: self._backend.open_source(request),
            lambda: self._backend.open_predictor(runtime),
            settings,
            sightings,
            parent=self,
        )
        thread.progressed.connect(self._on_progress)
        thread.finished.connect(self._on_finished)
        self._thread = thread
        self._card.begin()
        thread.start()
        self.changed.emit()

    def cancel(self) -> None:
        """End soon, or do not begin; what was written stays playable."""
        self._expected = False
        if self._thread is not None:
            self._card.progress.show_cancelling()
            self._thread.cancel()

    def _on_progress(self) -> None:
        progress = self._thread.progress.take() if self._thread is not None else None
        if progress is not None:
            self._card.progress.show_progress(progress)

    def _on_finished(self) -> None:
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._card.hide()
        if thread.error is not None:
            self.failed.emit(thread.error, thread.outputs)
        else:
            self.saved.emit(thread.outputs, thread.summary, thread.missing_sound)
        thread.deleteLater()
        self.changed.emit()
