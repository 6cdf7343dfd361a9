"""A source played or shown live: source → pipeline → sinks, until stopped.

One thread calls `Session.run` and owns everything in it. All other methods may be called
from any thread, return at once and never wait for a device, a file or the network.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from engine.board import Board, Phase, SessionState
from engine.config import Said, Settings
from engine.errors import EngineError, unexpected
from engine.fanout import SinkFailure, SinkFanout
from engine.future import close_when_open, in_daemon_thread
from engine.lookahead import Lookahead
from engine.loop import SessionLoop
from engine.on_time import on_time
from engine.pipeline import Pipeline, warm_up_beside
from engine.playback import FramePicker, Playback
from engine.predictor import Predictor
from engine.reader import FrameReader
from engine.sink.base import Sink
from engine.slot import LatestSlot
from engine.source.base import Source
from engine.stats import SessionStats
from engine.track import TrackState
from engine.tracking.sightings import Sightings
from engine.types import Result

__all__ = ["Memory", "Phase", "Playback", "Session", "SessionState", "SessionStats", "SinkFailure"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Who was who in a film, for another session of it: ids go on, none is given out twice.

    tracks: those of the last picture and of just before; None before there was one.
    """

    sightings: Sightings
    tracks: TrackState | None


class Session:
    """Plays one source through one network at a time.

    open_source, open_predictor: called in daemon threads of their own. on_change: called
    when a result or a new state is there to be looked at; from any thread, must be quick.
    results: the newest finished `Result`, for the screen. first: the very first, which the
    screen may have missed. sightings: who was where in the film so far; a copy lets an export
    give people the same identities. memory, begin_at_s: of a session that broke off, and where
    this one goes on; a film that cannot be searched begins at its start.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        open_predictor: Callable[[], Predictor],
        settings: Settings | None = None,
        playback: Playback | None = None,
        on_change: Callable[[], None] = lambda: None,
        memory: Memory | None = None,
        begin_at_s: float | None = None,
    ) -> None:
        self.results: LatestSlot[Result] = LatestSlot()
        self.first: LatestSlot[Result] = LatestSlot()
        self.sightings = memory.sightings.copy() if memory is not None else Sightings()
        self._tracks = memory.tracks if memory is not None else None
        self._begin_at_s = begin_at_s
        self._pipeline: Pipeline | None = None
        self._open_source = open_source
        self._open_predictor = open_predictor
        self._sinks = SinkFanout()
        self._board = Board(settings or Settings(), playback or Playback(), on_change)

    def configure(self, settings: Settings) -> None:
        """Use `settings` from the next frame on; a picture that stands is drawn anew."""
        self._board.configure(settings)
        self._board.post(lambda _picker: self._hear(settings))  # before the user goes elsewhere

    def set_playback(self, playback: Playback) -> None:
        """Pause, go on, change speed or loop."""
        self._board.play(playback, FramePicker.restart_clock)

    def seek(self, time_s: float) -> None:
        """Show the last frame at or before `time_s`, and go on from there unless paused."""
        self._board.post(lambda picker: picker.seek(time_s))

    def step(self, frames: int = 1) -> None:
        """Pause and go that many frames on, or back if negative."""
        paused = replace(self._board.playback, paused=True)
        self._board.play(paused, lambda picker: picker.step(frames))

    def meant(self, said: Said) -> int | None:
        """The id that somebody has of whom that was said; None where nobody was there."""
        return self.sightings.corrections.meant(said)

    def use_predictor(self, open_predictor: Callable[[], Predictor]) -> None:
        """Change the network while playing; the old one serves until the new one is ready.

        A failure appears as `state().model_error` and leaves the old one in use.
        """
        self._board.wish_predictor(open_predictor)

    def add_sink(self, sink: Sink) -> None:
        """`sink` takes every result from now on and is closed with the session."""
        self._sinks.add(sink)

    def remove_sink(self, sink: Sink) -> None:
        """`sink` is closed in the background; its failure appears in `sink_errors`."""
        self._sinks.remove(sink)

    def painted(self, result: Result) -> None:
        """The view tells that `result` is on the screen now."""
        self._board.count_painted(result)

    def memory(self) -> Memory:
        """A copy of who was who so far, for a session that goes on with the same source."""
        tracks = self._pipeline.tracks if self._pipeline is not None else self._tracks
        return Memory(self.sightings.copy(), tracks)

    def stop(self) -> None:
        """End `run` soon; returns at once."""
        self._board.stop.set()
        self._board.wake.set()

    def state(self) -> SessionState:
        """A snapshot of all there is to know."""
        return self._board.snapshot(self._sinks.failures)

    def run(self) -> None:
        """Play until `stop`; failures become `state().error`, never an exception.

        Ends in the order of the data: source, network, sinks; returns when every
        recording is finished. A source or a model that hangs is left behind on its own
        daemon thread, which gives it back when it answers.
        """
        board = self._board
        warm_up_beside(plain_meanwhile=True)
        reader = FrameReader(self._open_source, board.wake.set)
        if self._begin_at_s is not None:
            reader.seek(self._begin_at_s)  # no jump for the tracker: it goes on from there
        opening = in_daemon_thread(self._open_predictor, board.wake.set)
        try:
            with on_time():
                self._play(reader, opening)
        except EngineError as error:
            log.error("the session failed: %s", error)
            board.show_phase(Phase.FAILED, error)
        except Exception as error:
            log.exception("the session failed unexpectedly")
            board.show_phase(Phase.FAILED, unexpected(error, "Something", EngineError))
        finally:
            reader.request_stop()
            self._sinks.close()
            reader.close()
            board.show_phase(Phase.STOPPED)

    def _hear(self, settings: Settings) -> None:
        if self._pipeline is not None:
            self._pipeline.hear(settings.said)

    def _play(self, reader: FrameReader, opening: Future[Predictor]) -> None:
        board = self._board
        while True:
            board.wake.clear()
            if board.stop.is_set() or reader.error is not None:
                close_when_open(opening)
                if reader.error is not None:
                    raise reader.error
                return
            if opening.done():
                break
            board.wake.wait()
        pipeline = Pipeline(opening.result(), self.sightings, self._tracks)
        self._pipeline = pipeline
        board.show_predictor(pipeline.predictor)
        try:
            with Lookahead(pipeline) as lookahead:
                SessionLoop(
                    board, reader, pipeline, lookahead, self._sinks, self.results, self.first
                ).run()
        finally:
            pipeline.predictor.close()
