"""Recording: opening the file, its figures, and the news that it is finished."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.clock_text import clock_text
from app.basics.tasks import TaskRunner
from app.held.recorded import Recorded
from app.running.player import Player
from engine.errors import EngineError, SinkError
from engine.sink.base import Sink
from engine.sink.outfile import is_there
from engine.source.base import SourceInfo
from engine.types import Result


class Recorder(Sink, Protocol):
    """What is needed of `engine.sink.recorder.VideoRecorder`."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def dropped_frames(self) -> int:
        """Frames the encoder or the disk was too slow for."""
        ...

    @property
    def duration_s(self) -> float:
        """Length so far, seconds."""
        ...

    @property
    def audio_warning(self) -> str:
        """What is missing of the sound, a sentence, "" where nothing is."""
        ...


def open_recorder(path: Path, source: SourceInfo, what: Recorded) -> Recorder:
    """A recorder for a session of `source`; may block. Raises `SinkError`."""
    from engine.sink.options import RecorderOptions

    options = RecorderOptions(fps=source.fps, audio_from=source.sound_from)
    return what.recorder(path, options=options)


def _ignore(_outcome: object) -> None:
    """`_Watched` tells itself."""


class _Watched:
    """A recorder whose closing is told; a `Sink`."""

    def __init__(self, inner: Recorder, on_closed: Callable[[], None]) -> None:
        self.inner = inner
        self.error: EngineError | None = None
        self.kept: Path | None = None
        self._on_closed = on_closed

    def write(self, result: Result) -> None:
        try:
            self.inner.write(result)
        except SinkError as error:
            self.error = error
            raise

    def close(self) -> None:
        try:
            self.inner.close()
        except SinkError as error:
            self.error = self.error or error
            raise
        finally:
            self.kept = self.inner.path if is_there(self.inner.path) else None
            self._on_closed()


class Recording(QObject):
    """At most one recording at a time.

    changed: started, stopped or finished. saved: the path of a finished file, how many pictures
    the encoder or the disk was too slow for, and what is missing of its sound, "" where nothing
    is. empty: there was no picture to record, so there is no file.
    failed: an `EngineError`, and the path of what was kept until then or None.
    """

    changed = pyqtSignal()
    saved = pyqtSignal(object, int, str)
    empty = pyqtSignal()
    failed = pyqtSignal(object, object)
    _closed = pyqtSignal()

    def __init__(
        self,
        player: Player,
        tasks: TaskRunner,
        open_recorder: Callable[[Path, SourceInfo, Recorded], Recorder] = open_recorder,
    ) -> None:
        super().__init__(player)
        self._player, self._tasks, self._open = player, tasks, open_recorder
        self._opening: object | None = None
        self._active: _Watched | None = None
        self._finishing: list[_Watched] = []
        self._closed_ones: list[_Watched] = []
        self._closed.connect(self._collect)

    @property
    def active(self) -> bool:
        """True while pictures go into a file, or are about to."""
        return self._opening is not None or self._active is not None

    @property
    def finishing(self) -> bool:
        """True while a file is being finished."""
        return bool(self._finishing)

    @property
    def text(self) -> str:
        """Elapsed time and dropped frames, "" while nothing is recorded."""
        if self._active is None:
            return "0:00.0" if self._opening else ""
        recorder = self._active.inner
        elapsed = clock_text(recorder.duration_s)
        dropped = recorder.dropped_frames
        return f"{elapsed} · {dropped} dropped" if dropped else elapsed

    def start(
        self,
        choose_path: Callable[[], Path],
        source: SourceInfo,
        what: Recorded = Recorded.SHOWN,
    ) -> None:
        """Open the file that `choose_path` names, both in a thread, and record into it."""
        if self.active:
            return
        # Given up, and another one wanted: this one must not be taken for that.
        self._opening = wish = object()
        self.changed.emit()
        self._tasks.start(
            "recording",
            lambda: self._open(choose_path(), source, what),
            lambda recorder: self._begin(recorder, wish),
            lambda error: self._fail(error, wish),
            must_finish=True,
        )

    def stop(self) -> None:
        """Finish the file in the background."""
        self._opening = None
        if self._active is not None:
            self._player.remove_sink(self._active)
            self._release()
        self.changed.emit()

    def source_gone(self) -> None:
        """The session ends, and with it closes the file."""
        self._opening = None
        self._release()
        self.changed.emit()

    def _release(self) -> None:
        if self._active is not None:
            self._finishing.append(self._active)
            self._active = None
            self._collect()

    def _begin(self, recorder: Recorder, wish: object) -> None:
        watched = _Watched(recorder, lambda: self._on_closed(watched))
        is_wanted = self._end_opening(wish)
        if not is_wanted or not self._player.add_sink(watched):
            self._finishing.append(watched)
            self._tasks.start("recording", watched.close, _ignore, _ignore)
        else:
            self._active = watched
            self._collect()  # of a session that has just ended it is closed already
        self.changed.emit()

    def _fail(self, error: EngineError, wish: object) -> None:
        self._end_opening(wish)
        self.changed.emit()
        self.failed.emit(error, None)

    def _end_opening(self, wish: object) -> bool:
        """Its opening has come to an end; whether it is the one still waited for."""
        is_wanted = self._opening is wish
        if is_wanted:
            self._opening = None
        return is_wanted

    def _on_closed(self, watched: _Watched) -> None:
        """In the thread that closed it."""
        self._closed_ones.append(watched)
        self._closed.emit()

    def _collect(self) -> None:
        """In the GUI thread: tell of the files that are finished."""
        for watched in list(self._closed_ones):
            if watched is self._active:  # it failed in the middle and was closed by the session
                self._active = None
            elif watched in self._finishing:
                self._finishing.remove(watched)
            else:
                continue
            self._closed_ones.remove(watched)
            path = watched.kept
            if watched.error is not None:
                self.failed.emit(watched.error, path)
            elif path is not None:
                inner = watched.inner
                self.saved.emit(path, inner.dropped_frames, inner.audio_warning)
            else:
                self.empty.emit()
            self.changed.emit()
