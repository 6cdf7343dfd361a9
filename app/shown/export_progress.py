"""How far an export is, on its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.basics.clock_text import clock_text
from app.shown.controls.widgets import button, label

if TYPE_CHECKING:
    from engine.export import ExportProgress


class ProgressPage(QWidget):
    """A bar, what was done and what is left. cancelled: the button."""

    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._unit = "frames"
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the export")
        self.counts, self._times = label("", "soft"), label("", "faint")
        self.cancel = button("Cancel", self.cancelled.emit)
        row = QHBoxLayout()
        row.addWidget(self._times, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.bar)
        column.addWidget(self.counts)
        column.addLayout(row)

    def begin(self, unit: str) -> None:
        """From nothing. unit: what is counted, "frames" or "pictures"."""
        self._unit = unit
        self.bar.setRange(0, 0)
        self.counts.setText("Starting…")
        self._times.setText("")
        self.cancel.setEnabled(True)

    def show_progress(self, progress: ExportProgress) -> None:
        """How far it is."""
        total = progress.total_frames
        self.bar.setRange(0, total or 0)
        self.bar.setValue(min(progress.done_frames, total or 0))
        of = f" of {total}" if total else ""
        people = "1 person" if progress.people == 1 else f"{progress.people} people"
        self.counts.setText(f"{progress.done_frames}{of} {self._unit} · {people} in this one")
        fps = progress.done_frames / progress.elapsed_s if progress.elapsed_s else 0.0
        left = "" if progress.eta_s is None else f" · {_whole_seconds(progress.eta_s)} left"
        self._times.setText(f"{fps:.1f} {self._unit} per second{left}")

    def show_cancelling(self) -> None:
        """The user has cancelled; the files are being finished."""
        self.cancel.setEnabled(False)
        self.counts.setText("Finishing what was written…")


def _whole_seconds(time_s: float) -> str:
    """An estimate has no tenths."""
    return clock_text(time_s).partition(".")[0]
