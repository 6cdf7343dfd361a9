"""`bbe demo`: the main job without a camera, in the window or headless."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from app.basics.display import window_problem
from app.cli.console import EXIT_INTERRUPTED, note, print_table, say, stderr
from app.cli.interrupt import stop_on_interrupt
from app.cli.options import (
    FineEdgesOption,
    InputSizeOption,
    ModelOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    group_options,
    runtime_options,
)
from app.cli.predictor import open_reported
from app.cli.progress import ProgressView
from app.cli.window import chosen_runtime, open_window
from app.held.launch import WindowLaunch
from engine.config import Precision, Provider, Settings
from engine.predictor import Predictor
from engine.source.base import Source
from engine.types import Result

DEFAULT_OUTPUT = Path("bbe-demo.mp4")
DEFAULT_SECONDS = 8.0
FPS = 30.0


class BestStill:
    """Keeps the result with the most people, of those the surest, and saves it; a `Sink`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._best: Result | None = None
        self._best_rank = (-1, 0.0)

    def write(self, result: Result) -> None:
        """Look at one result."""
        rank = (len(result.instances), float(result.instances.scores.sum()))
        if rank > self._best_rank:
            self._best, self._best_rank = result, rank

    def close(self) -> None:
        """Save the best one. Raises `SinkError`."""
        from engine.sink.screenshot import encode_png, write_bytes

        best, self._best = self._best, None
        if best is not None:
            write_bytes(self.path, encode_png(best.image_bgr))


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Make the files, also where there is a display.")
    ] = False,
    frames: Annotated[
        int | None, typer.Option("--frames", min=1, help="Length of the video in frames.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, help="Length of the video in seconds.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help=f"Video to write, {DEFAULT_OUTPUT} without this; the still goes beside it.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    model: ModelOption = "",
    provider: ProviderOption = Provider.AUTO,
    precision: PrecisionOption = Precision.MODEL,
    input_size: InputSizeOption = None,
    fine_edges: FineEdgesOption = None,
) -> None:
    """Show people who move, overlap and cross, each in a colour of their own.

    With a display the window opens on the demo scene. Without one, or with an option of
    the video, bbe-demo.mp4 and bbe-demo.png are made instead.

    Examples:

        bbe demo

        bbe demo --headless --seconds 4 -o people.mp4
    """
    if frames is not None and seconds is not None:
        raise typer.BadParameter("give the length in frames or in seconds.", param_hint="--seconds")
    wants_file = headless or frames is not None or seconds is not None or output is not None
    problem = None if wants_file else window_problem()
    if not wants_file and problem is None:
        runtime = chosen_runtime(model, provider, precision, input_size)
        open_window(WindowLaunch("demo", runtime, fine_edges=fine_edges))
    if problem:
        note(f"{problem} Running headless instead.")
    target = output or DEFAULT_OUTPUT
    still = target.with_suffix(".png")
    _check_files(target, still, overwrite or output is None)
    runtime = runtime_options(model, provider, precision, input_size)
    predictor = open_reported(runtime)
    settings = Settings(group=group_options(None, fine_edges))
    length = frames or max(1, round((seconds or DEFAULT_SECONDS) * FPS))
    try:
        with stop_on_interrupt() as stop:
            _run_headless(predictor, settings, target, still, length, stop)
    finally:
        predictor.close()
    if stop.is_set():
        raise typer.Exit(EXIT_INTERRUPTED)


def _check_files(target: Path, still: Path, overwrite: bool) -> None:
    """Raise `SinkError` for names that cannot be written, before a model is opened."""
    from engine.sink.formats import VIDEO_FORMATS, container_format
    from engine.sink.outfile import check_new_file

    container_format(target, VIDEO_FORMATS)
    for path in (target, still):
        check_new_file(path, overwrite)


def _warm_up(predictor: Predictor, scene: Source, settings: Settings) -> None:
    """One frame through all stages: on a new machine the first one compiles kernels."""
    from engine.pipeline import Pipeline

    frame = scene.read()
    if frame is not None:
        Pipeline(predictor).process(frame, settings)
    scene.seek(0.0)


def _run_headless(
    predictor: Predictor,
    settings: Settings,
    target: Path,
    still: Path,
    length: int,
    stop: threading.Event,
) -> None:
    from engine.export import export
    from engine.sink.options import RecorderOptions
    from engine.sink.outfile import make_folder
    from engine.sink.recorder import VideoRecorder
    from engine.sink.worker import WhenFull
    from engine.source.demo import DemoSource

    make_folder(target.parent)
    scene = DemoSource(fps=FPS, frame_count=length)
    with stderr().status("Warming up …"):
        _warm_up(predictor, scene, settings)
    options = RecorderOptions(fps=FPS, when_full=WhenFull.WAIT, overwrite=True)
    recorder = VideoRecorder(target, options=options)
    with ProgressView("demo scene") as view:
        summary = export(
            lambda: scene, predictor, [recorder, BestStill(still)], settings, view.update, stop
        )
    if not summary.frames:
        note("Stopped before the first frame; nothing was written.")
        return
    height, width = scene.info.size_hw
    report = predictor.provider
    rows = [
        ("frames", str(summary.frames)),
        ("picture", f"{width}×{height}"),
        ("people per frame", f"{summary.people_per_frame:.2f}"),
        ("frames per second", f"{summary.fps:.1f}"),
        *((f"{stage}, ms per frame", f"{ms:.2f}") for stage, ms in summary.stage_ms.items()),
        ("model", predictor.model.name),
        ("runs on", f"{report.actual}, {report.precision}"),
    ]
    print_table(("", ">"), rows)
    say(f"Written: {target} and {still}")
