"""What a session tells and is told: the one place its threads share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from engine.config import Settings
from engine.errors import EngineError
from engine.fanout import SinkFailure
from engine.playback import FramePicker, Playback
from engine.predictor import ModelInfo, Predictor, ProviderReport
from engine.reader import Hole
from engine.source.base import SourceInfo
from engine.stats import SessionStats, StatsWindow
from engine.types import Result

Command = Callable[[FramePicker], None]


class Phase(Enum):
    """Where a session is in its life."""

    OPENING = "opening"
    """The source or the model is not ready yet."""
    RUNNING = "running"
    """Frames go through."""
    PAUSED = "paused"
    """The picture stands; steps, seeks and changed settings still show."""
    ENDED = "ended"
    """The file is at its end; seeking or looping revives it."""
    FAILED = "failed"
    """`SessionState.error` says why; the session is over."""
    STOPPED = "stopped"
    """`Session.run` has returned."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A snapshot of a session.

    error: why it failed. model_error: why another model could not be taken; the old one
    goes on. position_s: `shown_s` of the newest frame taken from the source. input_hw: of
    the network's input for the newest result, pixels, None before the first. full_long_side:
    its longer side where it is not made smaller for the sake of the frame rate. cut_short:
    the film broke off before its end, once that was met; the session goes on. left_out: why
    pictures of a folder were passed over so far, one sentence each. holes: in a film, those
    met so far.
    """

    phase: Phase
    source: SourceInfo | None
    model: ModelInfo | None
    provider: ProviderReport | None
    error: EngineError | None
    model_error: EngineError | None
    position_s: float
    stats: SessionStats
    playback: Playback
    sink_errors: tuple[SinkFailure, ...]
    input_hw: tuple[int, int] | None = None
    full_long_side: int | None = None
    cut_short: EngineError | None = None
    left_out: tuple[str, ...] = ()
    holes: tuple[Hole, ...] = ()

    @property
    def from_start_s(self) -> float:
        """How far into the source it is: `position_s` from the first frame on, 0 or more."""
        start_s = self.source.start_s if self.source is not None else 0.0
        return max(0.0, self.position_s - start_s)


class Board:
    """Wishes of the user in, state of the session out; every method may be called anywhere.

    wake: set whenever the session's thread has something to look at. stop: set for good.
    """

    def __init__(
        self, settings: Settings, playback: Playback, on_change: Callable[[], None]
    ) -> None:
        self.wake = threading.Event()
        self.stop = threading.Event()
        self._on_change = on_change
        self._lock = threading.Lock()
        self._settings = settings
        self._playback = playback
        self._commands: list[Command] = []
        self._open_predictor: Callable[[], Predictor] | None = None
        self._phase = Phase.OPENING
        self._source: SourceInfo | None = None
        self._model: ModelInfo | None = None
        self._provider: ProviderReport | None = None
        self._input_hw: tuple[int, int] | None = None
        self._full_long_side: int | None = None
        self._next_long_side: int | None = None
        self._error: EngineError | None = None
        self._model_error: EngineError | None = None
        self._cut_short: EngineError | None = None
        self._left_out: tuple[str, ...] = ()
        self._holes: tuple[Hole, ...] = ()
        self._position_s = 0.0
        self._dropped_frames = 0
        self._stats = StatsWindow()

    @property
    def settings(self) -> Settings:
        """To be used for the next frame."""
        with self._lock:
            return self._settings

    @property
    def playback(self) -> Playback:
        """How to play now."""
        with self._lock:
            return self._playback

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        with self._lock:
            return self._phase

    def configure(self, settings: Settings) -> None:
        """Wish for other settings."""
        with self._lock:
            self._settings = settings
        self.wake.set()

    def play(self, playback: Playback, command: Command) -> None:
        """Wish for another way of playing, and tell the picker."""
        with self._lock:
            self._playback = playback
        self.post(command)

    def post(self, command: Command) -> None:
        """Have the session's thread call `command` before the next frame."""
        with self._lock:
            self._commands.append(command)
        self.wake.set()

    def take_commands(self) -> list[Command]:
        """The commands posted since the last call, in order."""
        with self._lock:
            commands, self._commands = self._commands, []
            return commands

    def wish_predictor(self, open_predictor: Callable[[], Predictor]) -> None:
        """Wish for another network; the newest wish wins."""
        with self._lock:
            self._open_predictor = open_predictor
        self.wake.set()

    def take_predictor_wish(self) -> Callable[[], Predictor] | None:
        """The newest wish, once."""
        with self._lock:
            wish, self._open_predictor = self._open_predictor, None
            return wish

    def show_predictor(self, predictor: Predictor) -> None:
        """This network is in use from now on."""
        with self._lock:
            self._model, self._provider = predictor.model, predictor.provider
            self._next_long_side = predictor.long_side  # what is shown is still of the last one
            self._model_error = None
        self._on_change()

    def show_run(self, provider: ProviderReport, input_hw: tuple[int, int]) -> None:
        """Where the network in use runs now, it may give up its GPU midway; at which size."""
        with self._lock:
            shown = self._provider, self._input_hw, self._full_long_side
            if (provider, input_hw, self._next_long_side) == shown:
                return
            self._provider, self._input_hw = provider, input_hw
            self._full_long_side = self._next_long_side
        self._on_change()

    def show_model_error(self, error: EngineError) -> None:
        """The network wished for could not be had."""
        with self._lock:
            self._model_error = error
        self._on_change()

    def show_progress(self, source: SourceInfo | None, position_s: float, dropped: int) -> None:
        """Where the source stands."""
        with self._lock:
            self._source, self._position_s, self._dropped_frames = source, position_s, dropped

    def show_phase(self, phase: Phase, error: EngineError | None = None) -> None:
        """Enter `phase`; FAILED is for good."""
        with self._lock:
            if self._phase in (phase, Phase.FAILED):
                return
            self._phase, self._error = phase, error
            self._stats.restart()
        self._on_change()

    def show_cut_short(self, error: EngineError) -> None:
        """The film breaks off before its end; once told, it stays."""
        with self._lock:
            if self._cut_short is not None:
                return
            self._cut_short = error
        self._on_change()

    def show_left_out(self, reasons: tuple[str, ...]) -> None:
        """These are all that were passed over so far."""
        with self._lock:
            if self._left_out == reasons:
                return
            self._left_out = reasons
        self._on_change()

    def show_hole(self, hole: Hole | None) -> None:
        """This one is met; none is told twice."""
        with self._lock:
            if hole is None or hole in self._holes:
                return
            self._holes = (*self._holes, hole)
        self._on_change()

    def count_result(self, result: Result) -> None:
        """A result was finished."""
        latency_ms = (result.finished_at_s - result.frame.captured_at_s) * 1e3
        with self._lock:
            self._stats.add_result(latency_ms, result.stage_ms)

    def count_painted(self, result: Result) -> None:
        """A result reached the screen now."""
        latency_ms = (time.perf_counter() - result.frame.captured_at_s) * 1e3
        with self._lock:
            self._stats.add_painted(latency_ms)

    def changed(self) -> None:
        """Tell whoever looks at the session to look again."""
        self._on_change()

    def snapshot(self, sink_errors: tuple[SinkFailure, ...]) -> SessionState:
        """All of it at one moment."""
        with self._lock:
            return SessionState(
                phase=self._phase,
                source=self._source,
                model=self._model,
                provider=self._provider,
                error=self._error,
                model_error=self._model_error,
                position_s=self._position_s,
                stats=self._stats.snapshot(self._dropped_frames),
                playback=self._playback,
                sink_errors=sink_errors,
                input_hw=self._input_hw,
                full_long_side=self._full_long_side,
                cut_short=self._cut_short,
                left_out=self._left_out,
                holes=self._holes,
            )
