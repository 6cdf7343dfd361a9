"""`bbe live`: a camera or an address, in the window or recorded without one."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import EXIT_INTERRUPTED, note, say, stderr
from app.cli.interrupt import stop_on_interrupt
from app.cli.options import (
    FineEdgesOption,
    InputSizeOption,
    KeepFpsOption,
    ModelOption,
    NewPeopleOption,
    PrecisionOption,
    ProviderOption,
    RecordAsOption,
    RecordOption,
    RunThresholdOption,
    adaptive_options,
    group_options,
    parse_camera,
    parse_size,
    runtime_options,
)
from app.cli.window import check_record, chosen_runtime, open_window
from app.launch import WindowLaunch
from app.recorded import Recorded
from engine.config import (
    AdaptiveOptions,
    GroupOptions,
    Precision,
    Provider,
    RuntimeOptions,
    Settings,
)
from engine.errors import SourceNotFound
from engine.styles import Newcomers, NewPeople, RenderOptions

if TYPE_CHECKING:
    from engine.session import Session, SessionState
    from engine.sink.recorder import VideoRecorder
    from engine.stats import SessionStats

LOOK_EVERY_S = 0.2
LINE_EVERY_S = 5.0


def live(
    camera: Annotated[
        str,
        typer.Argument(
            metavar="CAMERA", help="Index or name of a camera (see `bbe cameras`), or an address."
        ),
    ] = "0",
    record: RecordOption = None,
    record_as: RecordAsOption = Recorded.SHOWN,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="Resolution to ask of the camera: 1280x720."),
    ] = None,
    mirror: Annotated[
        bool | None,
        typer.Option(
            "--mirror/--no-mirror",
            help="Turn the picture as in a mirror, also what is recorded. Default: as last time; "
            "no with --headless.",
        ),
    ] = None,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", help="Fill the screen.")] = False,
    headless: Annotated[
        bool, typer.Option("--headless", help="Record without a window until Ctrl-C.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, help="With --headless: stop after these.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --headless: replace a file that exists.")
    ] = False,
    model: ModelOption = "",
    provider: ProviderOption = Provider.AUTO,
    precision: PrecisionOption = Precision.MODEL,
    input_size: InputSizeOption = None,
    fine_edges: FineEdgesOption = None,
    keep_fps: KeepFpsOption = None,
    new_people: NewPeopleOption = None,
    threshold: RunThresholdOption = None,
) -> None:
    """Show a camera live, with people marked.

    In the window, or recorded without one.

    Examples:

        bbe live

        bbe live 1 --size 1920x1080 --record today.mp4

        bbe live rtsp://192.168.1.20/stream

        bbe live 0 --headless --record door.mkv --seconds 3600

        bbe live --record me.webm --record-as cut-out      people alone

        bbe live --keep-fps 15      larger input, fewer frames a second

        bbe live --new-people hide      nobody is shown who was not chosen
    """
    size_hw = parse_size(size)
    source = parse_camera(camera)
    if isinstance(source, str) and (Path(source).is_file() or Path(source).is_dir()):
        raise SourceNotFound(f"{source} is no camera.", f"`bbe play {source}` shows files.")
    if mirror and not _is_camera(source):
        raise typer.BadParameter("only a camera can be one.", param_hint="--mirror")
    if not headless and (seconds is not None or overwrite):
        option = "--overwrite" if seconds is None else "--seconds"
        raise typer.BadParameter("it needs --headless.", param_hint=option)
    check_record(record, record_as, replace=overwrite if headless else None)
    if headless:
        if record is None:
            raise typer.BadParameter("it needs --record FILE.", param_hint="--headless")
        if fullscreen:
            raise typer.BadParameter("--headless has no window.", param_hint="--fullscreen")
        runtime = runtime_options(model, provider, precision, input_size)
        group = group_options(threshold, fine_edges)
        settings = _settings(group, keep_fps, new_people)
        session = _session(_spec(source), size_hw, bool(mirror), runtime, settings)
        recorder = _recorder(record, record_as, overwrite)
        session.add_sink(recorder)
        raise typer.Exit(_run(session, recorder, seconds))
    camera_size = f"{size_hw[1]}x{size_hw[0]}" if size_hw else None
    open_window(
        WindowLaunch(
            _spec(source),
            chosen_runtime(model, provider, precision, input_size),
            record=record,
            record_as=record_as,
            fullscreen=fullscreen,
            camera_size=camera_size,
            mirror=mirror,
            adaptive=adaptive_options(keep_fps),
            new_people=new_people,
            fine_edges=fine_edges,
            threshold=threshold,
        )
    )


def _settings(
    group: GroupOptions, keep_fps: float | None, new_people: NewPeople | None
) -> Settings:
    """Without a window, where nobody can be chosen and so everyone is new."""
    newcomers = Newcomers().then(1, new_people or NewPeople.AS_EVERYBODY)
    return Settings(
        group=group,
        render=RenderOptions(newcomers=newcomers),
        adaptive=adaptive_options(keep_fps) or AdaptiveOptions(),
    )


def _is_camera(source: int | str) -> bool:
    return isinstance(source, int) or str(_spec(source)).startswith("camera:")


def _spec(camera: int | str) -> int | str:
    """As `open_source` takes it: a word that is no address is a camera's name."""
    if isinstance(camera, int) or "://" in camera or camera.startswith("camera:"):
        return camera
    return camera if camera in ("demo", "synthetic") else f"camera:{camera}"


def _session(
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


def _recorder(path: Path, what: Recorded, overwrite: bool) -> VideoRecorder:
    """Raises `SinkError`."""
    from engine.sink.options import RecorderOptions

    return what.recorder(path, options=RecorderOptions(overwrite=overwrite))


def _run(session: Session, recorder: VideoRecorder, seconds: float | None) -> int:
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
