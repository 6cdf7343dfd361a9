"""One source at a time, in its own engine thread; the window's only way to the engine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.basics.patience import PatientOpening
from app.basics.tasks import TaskRunner
from app.held.backend import Backend, SourceRequest
from app.held.stopped import Stopped
from app.running.changeover import Changeover
from app.running.engine_loading import EngineLoading
from app.running.seeking import SeekPacer
from app.running.worker import EngineThread
from engine.board import Phase, SessionState
from engine.config import RuntimeOptions, Said, Settings
from engine.playback import Playback
from engine.predictor import Predictor
from engine.sink.base import Sink
from engine.types import Frame, Result

if TYPE_CHECKING:
    from engine.tracking.sightings import Sightings


class Player(QObject):
    """Starts, switches and stops sessions; every method returns at once.

    arrived: a new `Result`. began: the first one of a session, before any arrives. changed: the
    state, `SessionState` or None. ended: a session is over and its files are finished. sought: the
    film goes on elsewhere from its next picture on. beginning: the next session is about to take
    the settings; ids begin anew, for people who may be the same or for others. going_on: likewise,
    but where one `Stopped`, with its ids.
    """

    arrived = pyqtSignal(object)
    began = pyqtSignal(object)
    changed = pyqtSignal(object)
    ended = pyqtSignal(object)
    sought = pyqtSignal()
    beginning = pyqtSignal(bool)
    going_on = pyqtSignal(object)

    def __init__(self, backend: Backend, tasks: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._engine = EngineLoading(backend, tasks, self)
        self._engine.loaded.connect(self._on_loaded)
        self._engine.failed.connect(self._on_not_loaded)
        self._failure: SessionState | None = None  # where the engine cannot be loaded
        self._thread: EngineThread | None = None
        self._changeover = Changeover(self)
        self._changeover.due.connect(self._start)
        self._request: SourceRequest | None = None
        self._opening: PatientOpening | None = None
        self._last: Frame | None = None  # shown of the session that is
        self._stopped: Stopped | None = None
        self._closed = self._patient = self._same_people = False
        self._phase = Phase.STOPPED
        self._opened_runtime: RuntimeOptions | None = None
        self._runtime, self._settings, self._playback = RuntimeOptions(), Settings(), Playback()
        self._pacer = SeekPacer(self._seek_now, self)

    @property
    def request(self) -> SourceRequest | None:
        """What is open or being opened."""
        return self._request

    @property
    def runtime(self) -> RuntimeOptions:
        """The network asked for."""
        return self._runtime

    @property
    def opened_runtime(self) -> RuntimeOptions | None:
        """The last network that could be opened."""
        return self._opened_runtime

    @property
    def playback(self) -> Playback:
        """How films are played."""
        return self._playback

    @property
    def running(self) -> bool:
        """True while any session's thread lives."""
        shown = self._thread is not None and self._thread.isRunning()
        return shown or self._changeover.running

    def state(self) -> SessionState | None:
        """Of the session shown, or of one that the engine cannot be loaded for; None without."""
        return self._thread.session.state() if self._thread is not None else self._failure

    def sightings(self) -> Sightings | None:
        """A copy of who was where in the film shown, None without one."""
        return self._thread.session.sightings.copy() if self._thread is not None else None

    def open(
        self, request: SourceRequest, when_there: bool = False, same_people: bool = False
    ) -> None:
        """Show a source from its start; the old one is stopped first.

        when_there: try again and again until what was lost can be opened. same_people: it may
        show those of the old one.
        """
        if self._closed:
            return
        self._retire()
        self._playback = replace(self._playback, paused=False)
        self._stopped, self._same_people = None, when_there or same_people
        self._begin(request, when_there)

    def retry(self) -> None:
        """The same source once more, where it stopped and with who was who, as paused as it is.

        Where the last try brought no picture, it goes on where the one before stopped.
        """
        if self._closed:
            return
        self.end_session()
        self._same_people = True
        self._begin(self._request, when_there=False)

    def end_session(self) -> None:
        """End what is shown: whatever settings become, they do not reach it any more."""
        session = self._thread.session if self._thread is not None else None
        source = session.state().source if session is not None else None
        if session is not None and self._last is not None and source is not None:
            # Of a live source nothing comes back: there everybody is new.
            self._stopped = None if source.live else Stopped(self._last, session.memory())
        self._retire()

    def _begin(self, request: SourceRequest | None, when_there: bool) -> None:
        self._request, self._patient, self._failure = request, when_there, None
        self.changed.emit(None)
        if self._engine.session_type is None:
            self._engine.begin()
        else:
            self._changeover.ask()

    def stop(self) -> None:
        """Show nothing."""
        self._retire()
        self._changeover.forget()
        self._request = self._stopped = self._failure = None
        self.changed.emit(None)

    def load_engine(self) -> None:
        """Before there is a source, so that its picture comes sooner."""
        self._engine.begin()

    def close(self) -> None:
        """Stop for good; `running` turns False when the last file is finished."""
        self._closed = True
        self._changeover.forget()
        self._retire()

    def configure(self, settings: Settings) -> None:
        """Use other settings from the next frame on."""
        self._settings = settings
        if self._thread is not None:
            self._thread.session.configure(settings)

    def set_runtime(self, runtime: RuntimeOptions) -> None:
        """Another model or provider; the old one serves until it is ready."""
        self._runtime = runtime
        state = self.state()
        if state is not None and state.phase is Phase.FAILED:
            self.retry()  # perhaps it was the last model: go on with this one
        elif self._thread is not None:
            self._thread.session.use_predictor(lambda: self._open_predictor(runtime))

    def set_playback(self, playback: Playback) -> None:
        """Pause, speed, loop."""
        self._playback = playback
        if self._thread is not None:
            self._thread.session.set_playback(playback)

    def toggle_pause(self) -> None:
        """Play or pause; at the end, play again from the start."""
        state = self.state()
        ended = state is not None and state.phase is Phase.ENDED
        if ended:
            self.seek(0.0)
        self.set_playback(replace(self._playback, paused=not (ended or self._playback.paused)))

    def step(self, frames: int) -> None:
        """Pause and go some frames on or back."""
        if self._thread is not None:
            self._playback = replace(self._playback, paused=True)
            self._pacer.hurry()
            self._thread.session.step(frames)

    def seek(self, time_s: float) -> None:
        """Go to a time of the film, seconds since its start."""
        self._pacer.want(time_s)

    def meant(self, said: Said) -> int | None:
        """The number given to somebody of whom that was said; None where nobody was there."""
        return self._thread.session.meant(said) if self._thread is not None else None

    def add_sink(self, sink: Sink) -> bool:
        """Write every result from now on there; False without a session."""
        if self._thread is None:
            return False
        self._thread.session.add_sink(sink)
        return True

    def remove_sink(self, sink: Sink) -> None:
        """Finish that file in the background."""
        if self._thread is not None:
            self._thread.session.remove_sink(sink)

    def painted(self, result: Result) -> None:
        """A result is on the screen; counts only while pictures move."""
        if self._thread is not None and self._phase is Phase.RUNNING:
            self._thread.session.painted(result)

    def _seek_now(self, time_s: float) -> None:
        if self._thread is not None:
            source = self._thread.session.state().source
            self._thread.session.seek(time_s + (source.start_s if source else 0.0))
            self.sought.emit()

    def _start(self) -> None:
        request, runtime, session_type = self._request, self._runtime, self._engine.session_type
        if request is None or session_type is None:
            return
        stopped = self._stopped
        if stopped is None:
            self.beginning.emit(self._same_people)
        else:
            self.going_on.emit(stopped)
        open_source = partial(self._backend.open_source, request)
        self._opening = PatientOpening(open_source) if self._patient else None
        make_session = partial(
            session_type,
            self._opening or open_source,
            lambda: self._open_predictor(runtime),
            self._settings,
            self._playback,
            memory=stopped.memory if stopped is not None else None,
            begin_at_s=stopped.frame.time_s if stopped is not None else None,
        )
        thread = self._thread = EngineThread(make_session, self)
        # Methods, no lambdas: Qt would call those also once this object has been deleted.
        thread.changed.connect(self._on_changed)
        thread.ended.connect(self._on_ended)
        thread.start()
        self._on_changed()

    def _open_predictor(self, runtime: RuntimeOptions) -> Predictor:
        """In a thread of the session."""
        predictor = self._backend.open_predictor(runtime)
        self._opened_runtime = runtime
        return predictor

    def _retire(self) -> None:
        self._pacer.forget()
        if self._thread is None:
            return
        thread, self._thread, self._last = self._thread, None, None
        self._changeover.retire(thread)
        if self._opening is not None:
            self._opening.cancel()

    def _on_changed(self) -> None:
        if self._thread is None:
            return
        session = self._thread.session
        result, state = session.results.take(), session.state()
        self._phase = state.phase
        self.changed.emit(state)
        if result is not None:
            self._pacer.shown()
            self._last = result.frame
            if (first := session.first.take()) is not None:
                self.began.emit(first)
            self.arrived.emit(result)

    def _on_ended(self, thread: EngineThread) -> None:
        self.ended.emit(thread.session.state())
        if thread is self._thread:
            self._on_changed()
        self._changeover.on_ended(thread)

    def _on_loaded(self) -> None:
        if self._request is not None and not self._closed:
            self._changeover.ask()

    def _on_not_loaded(self, state: SessionState) -> None:
        self._failure = state
        self.changed.emit(state)
