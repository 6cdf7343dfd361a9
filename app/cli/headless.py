"""`bbe live --headless`: a camera or an address, recorded without a window."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.console import EXIT_INTERRUPTED, note, say, stderr
from app.cli.interrupt import stop_on_interrupt
from app.held.recorded import Recorded
from engine.config import RuntimeOptions, Settings

if TYPE_CHECKING:
    from engine.session import Session, SessionState
    from engine.sink.recorder import VideoRecorder
    from engine.stats import SessionStats

LOOK_EVERY_S = 0.2
LINE_EVERY_S = 5.0


def make_session(
    spec: int | str,
    size_hw: tuple[int, int] | None,
    mirror: bool,
    runtime: RuntimeOptions,
    settings: Settings,
) -> Session:
    """One that is not running yet."""
    from engine.gpu import open_predictor
    from engine.session import Session
    from engine.source import SourceOptions, open_source

    options = SourceOptions(mirror=mirror)
    if size_hw:
        options = replace(options, camera_size_hw=size_hw)
    return Session(lambda: open_source(spec, options), lambda: open_predictor(runtime), settings)


def make_recorder(path: Path, what: Recorded, overwrite: bool) -> VideoRecorder:
    """Raises `SinkError`."""
    from engine.sink.options import RecorderOptions

    return what.recorder(path, options=RecorderOptions(overwrite=overwrite))


def run(session: Session, recorder: VideoRecorder, seconds: float | None) -> int:
    """Record until the end, Ctrl-C or the time is up; the exit code. Raises `EngineError`."""
    from engine.sink.film import count_pictures

    # The session has a thread of its own: a signal handler must not meet a lock held here.
    thread = threading.Thread(target=session.run, name="bbe-session")
    with stop_on_interrupt() as stop:
        thread.start()
        try:
            _watch(session, thread, stop, seconds)
        finally:  # also where nobody reads any more what is printed
            session.stop()
            thread.join()
    state = session.state()
    failures = (failure.error for failure in state.sink_errors)
    error = state.error or next(failures, state.cut_short)
    if error is not None:
        if recorder.recorded_frames:
            count = count_pictures(recorder.path)
            note(f"{recorder.path}: {count} frames were recorded before this:")
        raise error
    say(summary(state.stats, recorder))
    # Without --seconds Ctrl-C is how a recording is meant to end.
    return EXIT_INTERRUPTED if stop.is_set() and seconds is not None else 0


def summary(stats: SessionStats, recorder: VideoRecorder) -> str:
    """What is in the file, and what came too fast for the network or the encoder."""
    if not recorder.recorded_frames:
        return f"{recorder.path}: nothing was recorded, no picture came."
    dropped = stats.dropped_frames + recorder.dropped_frames
    latency = f", latency {stats.latency_p50_ms:.0f} ms (p95 {stats.latency_p95_ms:.0f} ms)"
    return (
        f"{recorder.path}: {recorder.recorded_frames} frames recorded, {dropped} dropped"
        f"{latency if stats.latency_p50_ms else ''}"
    )


def _watch(
    session: Session, thread: threading.Thread, stop: threading.Event, seconds: float | None
) -> None:
    from engine.session import Phase

    started_s: float | None = None
    last_line_s = float("-inf")
    with stderr().status("Opening …") as status:
        while thread.is_alive():
            thread.join(LOOK_EVERY_S)
            state, now_s = session.state(), time.perf_counter()
            if state.stats.processed_frames and started_s is None:
                started_s = now_s
            elapsed_s = now_s - started_s if started_s is not None else 0.0
            line = _line(state, elapsed_s)
            status.update(line)
            if not stderr().is_terminal and now_s - last_line_s >= LINE_EVERY_S and elapsed_s:
                last_line_s = now_s
                note(line)
            out_of_time = seconds is not None and elapsed_s >= seconds
            if stop.is_set() or out_of_time or state.phase is Phase.ENDED or state.sink_errors:
                session.stop()


def _line(state: SessionState, elapsed_s: float) -> str:
    if state.provider is None or not state.stats.processed_frames:
        return "Opening …"
    stats = state.stats
    height, width = state.input_hw or (0, 0)
    return (
        f"Recording {elapsed_s:.0f} s, {stats.fps:.1f} frames/s on {state.provider.actual} "
        f"at {width} × {height} px, {stats.dropped_frames} dropped; Ctrl-C ends it"
    )
