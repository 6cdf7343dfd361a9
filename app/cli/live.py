"""`bbe live`: a camera or an address, in the window or recorded without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.headless import make_recorder, make_session, run
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
from app.held.launch import WindowLaunch
from app.held.recorded import Recorded
from engine.config import (
    AdaptiveOptions,
    GroupOptions,
    Precision,
    Provider,
    Settings,
)
from engine.errors import SourceNotFound
from engine.styles import Newcomers, NewPeople, RenderOptions


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
        session = make_session(_spec(source), size_hw, bool(mirror), runtime, settings)
        recorder = make_recorder(record, record_as, overwrite)
        session.add_sink(recorder)
        raise typer.Exit(run(session, recorder, seconds))
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
