"""The progress of a long command: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from app.cli.console import note, stderr

if TYPE_CHECKING:
    from rich.progress import Progress

    from engine.export import ExportProgress

LINE_EVERY_S = 10.0
"""Without a terminal; the first and the last frame always have a line."""


class ProgressView:
    """Shows `ExportProgress` on stderr; to be used as a context manager.

    title: what is being worked on. unit: what is counted. done: how many are, so far.
    """

    def __init__(self, title: str, unit: str = "frames") -> None:
        self._title, self.unit = title, unit
        self.done = 0
        self._bar = _bar(title) if stderr().is_terminal else None
        self._last_line_s = float("-inf")

    def __enter__(self) -> ProgressView:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: ExportProgress) -> None:
        """Show how far it is now."""
        self.done = progress.done_frames
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                completed=progress.done_frames,
                total=progress.total_frames,
                info=f"{_fps(progress):.1f} {self.unit}/s, {progress.people} people",
            )
        elif self._is_line_due(progress):
            note(self._line(progress))

    def _is_line_due(self, progress: ExportProgress) -> bool:
        now_s = time.perf_counter()
        at_end = progress.done_frames == progress.total_frames
        if not at_end and now_s - self._last_line_s < LINE_EVERY_S:
            return False
        self._last_line_s = now_s
        return True

    def _line(self, progress: ExportProgress) -> str:
        total = f"/{progress.total_frames}" if progress.total_frames else ""
        eta = f", {progress.eta_s:.0f} s to go" if progress.eta_s is not None else ""
        return (
            f"{self._title}: {progress.done_frames}{total} {self.unit}, "
            f"{_fps(progress):.1f} {self.unit}/s{eta}"
        )


def _fps(progress: ExportProgress) -> float:
    return progress.done_frames / progress.elapsed_s if progress.elapsed_s else 0.0


def _bar(title: str) -> Progress:
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[info]}"),
        console=stderr(),
    )
    bar.add_task(escape(title), total=None, info="")
    return bar
