"""`bbe bench`: how fast it is here, and beside other models."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.console import note, print_json, print_table, say, stderr
from app.cli.options import (
    FineEdgesOption,
    InputSizeOption,
    LookTwiceOption,
    ModelOption,
    OverwriteOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    group_options,
    parse_size,
    runtime_options,
)
from app.doctor import packages, processor, system
from engine.config import Precision, Provider, RuntimeOptions
from engine.errors import SourceError

if TYPE_CHECKING:
    from engine.bench import BenchReport, LiveRun, ModelRun
    from engine.source.base import Source


def bench(
    clip: Annotated[
        str, typer.Argument(metavar="CLIP", help="A video, or demo or synthetic.")
    ] = "demo",
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            "-c",
            metavar="MODEL",
            help="Measure this one too, in turns with the first: a model, an .onnx file of any "
            "network, or MODEL@SIZE. May be given several times.",
        ),
    ] = None,
    model: ModelOption = "",
    provider: ProviderOption = Provider.AUTO,
    precision: PrecisionOption = Precision.MODEL,
    input_size: InputSizeOption = None,
    look_twice: LookTwiceOption = False,
    fine_edges: FineEdgesOption = None,
    threads: ThreadsOption = 0,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="Of the demo scene's frames, e.g. 640x480."),
    ] = None,
    frames: Annotated[
        int, typer.Option("--frames", min=2, max=1000, help="Per round and model.")
    ] = 30,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, max=1000, help="Turns in which all is measured once.")
    ] = 5,
    live_seconds: Annotated[
        float,
        typer.Option("--live-seconds", min=0, help="Length of the live run; 0 leaves it out."),
    ] = 5.0,
    live_fps: Annotated[
        float | None, typer.Option("--live-fps", min=1, help="Of the live run's camera.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Also write the JSON here."),
    ] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Measure speed: every stage alone, the whole pipeline, live latency, memory.

    Other work on the machine spoils the times; the ratios are taken in turns and hold.

    Examples:

        bbe bench

        bbe bench clip.mp4 --frames 60 --rounds 9 -o bench.json

        bbe bench --size 640x480 --input-size 641 --compare yolo11n-seg.onnx

        bbe bench --provider cuda --live-fps 60
    """
    from engine.bench import BenchOptions, run_bench

    if output is not None:
        _check_output(output, overwrite)  # before minutes of measuring
    first = runtime_options(model, provider, precision, input_size, threads, look_twice)
    models = [first, *(_contender(text, first) for text in compare or ())]
    options = BenchOptions(
        frames, rounds, live_seconds, live_fps, group_options(None, fine_edges).fine_edges
    )
    opener = _opener(clip, parse_size(size))
    with stderr().status("…") as status:
        report = run_bench(opener, models, options, lambda step: status.update(f"{step} …"))
    document = {"machine": _machine(), "bench": asdict(report)}
    if as_json:
        print_json(document)
    else:
        _print(report)
    if output is not None:
        _write(document, output)
        note(f"Written: {output}")


def _contender(text: str, first: RuntimeOptions) -> RuntimeOptions:
    """ "name" or "name@641" as options, the others as those of the first."""
    name, _, size = text.rpartition("@")
    if name and size.isdecimal():
        return replace(first, model=name, input_long_side=int(size))
    return replace(first, model=text, input_long_side=None)


def _opener(clip: str, scene_hw: tuple[int, int] | None) -> Callable[[], Source]:
    if scene_hw is not None:
        return _scene_opener(clip, scene_hw)
    from engine.source import open_source

    def open_finite() -> Source:
        source = open_source(clip)
        if source.info.live:
            source.close()
            raise SourceError(f"{source.info.name} is live.", "Measure a file or the demo scene.")
        return source

    return open_finite


def _scene_opener(clip: str, size_hw: tuple[int, int]) -> Callable[[], Source]:
    if clip != "demo":
        raise typer.BadParameter("--size is for the demo scene; a clip has its own.")
    from engine.source.demo import DemoSource

    return lambda: DemoSource(size_hw)


def _machine() -> dict[str, Any]:
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": shlex.join(["bbe", *sys.argv[1:]]),
        "os": system.os_name(),
        "cpu": processor.cpu_name(),
        "cores": system.usable_cores(),
        "cpu_features": system.cpu_features(),
        "gpus": system.gpu_names(),
        "python": sys.version.split()[0],
        "versions": packages.versions(),
    }


def _check_output(path: Path, overwrite: bool) -> None:
    from engine.sink.outfile import check_new_file, make_folder

    check_new_file(path, overwrite)
    make_folder(path.parent)


def _write(document: dict[str, Any], path: Path) -> None:
    import json

    from engine.sink.outfile import sink_error

    try:
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise sink_error(path, error) from error


def _print(report: BenchReport) -> None:
    height, width = report.frame_hw
    options = report.options
    say(
        f"{report.source}, {width}×{height}, {options.rounds} rounds of {options.frames} frames; "
        f"{processor.cpu_name()}, {system.usable_cores()} cores"
        + "".join(f"; {gpu}" for gpu in system.gpu_names())
    )
    say(", ".join(f"{name} {version}" for name, version in packages.versions().items()))
    for run in report.models:
        if run.provider.fell_back:
            note(f"Note: {run.name}: {run.provider.reason} {run.provider.fix}".rstrip())
    rows = [
        (f"{run.name} {stage.name}", *(f"{ms:.2f}" for ms in (stage.p50_ms, stage.p95_ms)))
        for run in report.models
        for stage in run.stages
    ]
    print_table(("stage alone", ">p50 ms", ">p95 ms"), rows)
    print_table(
        (
            "model", ">input", "runs on", ">pipeline fps", ">of slowest stage alone",
            ">network time ratio", ">pipeline fps ratio", ">people",
        ),
        [_model_row(run) for run in report.models],
    )  # fmt: skip
    if report.live is not None:
        say(_live_line(report.live))
    say(
        f"Memory (RSS): {report.rss_start_mb:.0f} MB after the first round, "
        f"{report.rss_end_mb:.0f} MB at the end."
    )


def _model_row(run: ModelRun) -> tuple[str, ...]:
    height, width = run.input_hw
    slowest = (
        "" if run.pipeline_ratio is None else f"{run.pipeline_ratio:.2f} ({run.slowest_stage})"
    )
    return (
        run.name,
        f"{width}×{height}",
        f"{run.provider.actual}, {run.provider.precision}",
        _number(run.pipeline_fps, 1),
        slowest,
        _number(run.network_ratio, 2),
        _number(run.fps_ratio, 2),
        _number(run.people_per_frame, 1),
    )


def _live_line(live: LiveRun) -> str:
    return (
        f"Live, camera of {live.camera_fps:g} fps: {live.fps:.1f} fps, capture to result "
        f"{live.latency_p50_ms:.0f} ms (p95 {live.latency_p95_ms:.0f} ms), "
        f"{live.dropped} of {live.dropped + live.processed} frames dropped."
    )


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
