"""The inside of a running session: what its thread does between two sleeps."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from engine.board import Board, Phase
from engine.config import Settings
from engine.errors import EngineError, ModelError, unexpected
from engine.fanout import SinkFanout
from engine.future import close_when_open, in_daemon_thread
from engine.lookahead import Lookahead
from engine.pipeline import Pipeline
from engine.playback import FramePicker
from engine.predictor import Predictor
from engine.reader import FrameReader
from engine.sizing import InputSizing
from engine.slot import LatestSlot
from engine.types import Frame, Prediction, Result

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    """A frame that the network has.

    is_full: at full size, not smaller for the sake of the frame rate. is_again: it was shown
    already. is_stale: the user went elsewhere meanwhile.
    """

    prediction: Future[Prediction]
    submitted_at_s: float
    is_full: bool
    is_again: bool
    is_stale: bool = False


class SessionLoop:
    """Moves frames from the reader through the pipeline to the sinks; one thread only.

    The network works in `lookahead` while this thread finishes the frame before. A frame is
    finished as soon as its prediction is there, never held back for the next one, so the
    overlap costs no latency. Of a film the frame that comes next is known, and is prepared
    while the network is busy; of a live source it is not there yet.
    """

    def __init__(
        self,
        board: Board,
        reader: FrameReader,
        pipeline: Pipeline,
        lookahead: Lookahead,
        sinks: SinkFanout,
        results: LatestSlot[Result],
        first: LatestSlot[Result],
    ) -> None:
        self._board = board
        self._reader = reader
        self._pipeline = pipeline
        self._lookahead = lookahead
        self._sinks = sinks
        self._results, self._first = results, first
        self._picker = FramePicker(reader)
        self._sizing = InputSizing()
        self._pending: _Pending | None = None
        self._shown_is_full = False
        self._shown: tuple[Prediction, Settings] | None = None
        self._opening: Future[Predictor] | None = None

    def run(self) -> None:
        """Work until the board says stop. Raises what the source or the network raised."""
        board = self._board
        try:
            while not board.stop.is_set():
                board.wake.clear()
                self._obey()
                self._swap_predictor()
                if not self._advance():
                    self._update_phase()
                    board.wake.wait(self._wait_s())
        finally:
            if self._opening is not None:
                close_when_open(self._opening)

    def _wait_s(self) -> float | None:
        """How long there is nothing to do; None until something happens.

        While the network is busy a frame that is due has to wait for it, too.
        """
        return None if self._pending is not None else self._picker.wait_s(self._board.playback)

    def _obey(self) -> None:
        for command in self._board.take_commands():
            seeks_before = self._picker.seeks
            command(self._picker)
            if self._picker.seeks != seeks_before:
                self._forget_motion()

    def _forget_motion(self) -> None:
        self._pipeline.reset()
        self._lookahead.forget()
        if self._pending is not None:
            self._pending.is_stale = True

    def _advance(self) -> bool:
        """Do the one most urgent thing; False when there is nothing to do."""
        pending = self._pending
        if pending is None:
            return self._start_next() or self._look_again() or self._redraw()
        if pending.prediction.done():
            self._finish(pending)
            return True
        self._prepare_ahead(pending)
        return False

    def _finish(self, pending: _Pending) -> None:
        prediction = pending.prediction.result()
        self._pending = None
        self._start_next()
        if pending.is_stale:
            return
        self._shown_is_full = pending.is_full
        if pending.is_again:
            self._show(prediction, self._pipeline.refinish)
        else:
            self._emit(prediction)

    def _start_next(self) -> bool:
        if self._opening is not None and self._opening.done():
            return False  # the network is about to be swapped
        if self._reader.info is not None and self._reader.info.live:
            self._pipeline.sightings = None  # what a camera saw never comes back
        frame = self._picker.take(self._board.playback)
        self._board.show_progress(
            self._reader.info, self._picker.position_s, self._picker.dropped_frames
        )
        self._board.show_left_out(self._reader.left_out)
        self._board.show_hole(self._reader.hole)
        if frame is None:
            return False
        self._board.show_phase(Phase.PAUSED if self._board.playback.paused else Phase.RUNNING)
        self._submit(frame, self._long_side())
        return True

    def _look_again(self) -> bool:
        """Have a picture that stands seen at full size: there is all the time for it now."""
        if (
            self._shown is None
            or self._shown_is_full
            or not self._picker.stands(self._board.playback)
        ):
            return False
        self._submit(self._shown[0].frame, None, again=True)
        return True

    def _submit(self, frame: Frame, long_side: int | None, again: bool = False) -> None:
        submitted_at_s = time.perf_counter()
        is_full = long_side in (None, self._pipeline.predictor.long_side)
        prediction = self._lookahead.predict(frame, long_side)
        self._pending = _Pending(prediction, submitted_at_s, is_full, again)
        prediction.add_done_callback(lambda _: self._board.wake.set())

    def _prepare_ahead(self, pending: _Pending) -> None:
        """Have the frame prepared that will be due when the network gets free."""
        if self._lookahead.is_ahead or self._shown is None:
            return
        network_s = self._shown[0].stage_ms.get("network", 0.0) / 1e3
        free_at_s = pending.submitted_at_s + network_s
        frame = self._picker.expected(self._board.playback, free_at_s)
        if frame is not None:
            self._lookahead.prepare(frame, self._long_side())

    def _long_side(self) -> int | None:
        board, predictor = self._board, self._pipeline.predictor
        return self._sizing.choose(
            predictor, self._reader.info, board.playback, board.settings.adaptive
        )

    def _redraw(self) -> bool:
        """Draw the standing picture anew: under other settings, or with those not counted yet."""
        if self._shown is None:
            return False
        stands = self._picker.stands(self._board.playback)
        is_over = self._board.phase in (Phase.PAUSED, Phase.ENDED)
        changed = (stands or is_over) and self._shown[1] != self._board.settings
        if not changed and not (stands and self._pipeline.someone_waits):
            return False
        self._show(self._shown[0], self._pipeline.refinish)
        return True

    def _emit(self, prediction: Prediction) -> None:
        result = self._show(prediction, self._pipeline.finish)
        self._board.count_result(result)
        self._sizing.learn(prediction, result.finished_at_s)
        self._sinks.write(result)

    def _show(
        self, prediction: Prediction, finish: Callable[[Prediction, Settings], Result]
    ) -> Result:
        settings = self._board.settings
        result = finish(prediction, settings)
        if self._shown is None:
            self._first.put(result)
        self._shown = (prediction, settings)
        self._board.show_run(self._pipeline.predictor.provider, prediction.geometry.input_hw)
        if self._results.put(result):
            self._board.changed()
        return result

    def _update_phase(self) -> None:
        """Nothing was left to do: is the source at its end, broken or just slow?"""
        playback = self._board.playback
        if self._pending is not None:
            if self._board.phase in (Phase.RUNNING, Phase.PAUSED):  # the button must answer now
                self._board.show_phase(Phase.PAUSED if playback.paused else Phase.RUNNING)
            return
        error = self._reader.error
        if error is not None:
            raise error
        if self._reader.ended:
            if self._reader.cut_short is not None:
                self._board.show_cut_short(self._reader.cut_short)
            if not self._picker.loops(playback):
                self._board.show_phase(Phase.ENDED)
            elif self._picker.rest_s() == 0:
                self._picker.seek_start()
                self._forget_motion()
        elif self._reader.info is not None:
            self._board.show_phase(Phase.PAUSED if playback.paused else Phase.RUNNING)

    def _swap_predictor(self) -> None:
        """Open another network beside the one in use; change over between two frames."""
        wish = self._board.take_predictor_wish()
        if wish is not None:
            if self._opening is not None:
                close_when_open(self._opening)
            self._opening = in_daemon_thread(wish, self._board.wake.set)
        if self._opening is None or self._pending is not None or not self._opening.done():
            return
        opening, self._opening = self._opening, None
        try:
            predictor = opening.result()
        except EngineError as error:
            self._board.show_model_error(error)
            return
        except Exception as error:
            log.exception("another network could not be opened")
            self._board.show_model_error(unexpected(error, "The network", ModelError))
            return
        self._lookahead.forget()
        self._pipeline.predictor.close()
        self._pipeline.predictor = predictor
        self._board.show_predictor(predictor)
        self._sizing.forget()
        if self._shown is not None and not self._picker.is_seeking:
            self._submit(self._shown[0].frame, self._long_side())
