"""Options that several commands share."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.held.recorded import Recorded
from engine.config import (
    AdaptiveOptions,
    GroupOptions,
    Precision,
    Provider,
    RuntimeOptions,
    Settings,
)
from engine.styles import NewPeople, PersonEffect, PersonStyle, RenderOptions

ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="Name of a model (see `bbe models`) or an .onnx file.")
]
ProviderOption = Annotated[
    Provider, typer.Option("--provider", "-p", help="Where the network shall run.")
]
PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="On an NVIDIA GPU: float16 for a float32 model."),
]
InputSizeOption = Annotated[
    int | None,
    typer.Option(
        "--input-size",
        min=97,
        max=2049,
        help="Longer side of the network's input in pixels; smaller is faster, larger finds "
        "smaller people. Default: the model's own.",
    ),
]
LookTwiceOption = Annotated[
    bool,
    typer.Option(
        "--look-twice",
        help="Let the network see each picture again, 1.3 times as large: finds more people and "
        "takes almost three times as long.",
    ),
]
FineEdgesOption = Annotated[
    bool | None,
    typer.Option(
        "--fine-edges/--no-fine-edges",
        help="Edges of people follow the colours of the picture where the network is unsure. "
        "At first they do.",
    ),
]


def _frame_rate(fps: float | None) -> float | None:
    if fps is not None and fps != 0 and not 1 <= fps <= 240:
        raise typer.BadParameter(f"{fps:g} does not lie between 1 and 240, nor is it 0.")
    return fps


KeepFpsOption = Annotated[
    float | None,
    typer.Option(
        "--keep-fps",
        metavar="FPS",
        callback=_frame_rate,
        help="Where the processor is too slow for so many frames a second, 1 to 240, the network "
        "sees a smaller picture until it keeps up; 0 never does that. At first 30.",
    ),
]
ThreadsOption = Annotated[
    int, typer.Option("--threads", min=0, max=256, help="CPU threads of the network; 0: automatic.")
]
SteadyOption = Annotated[
    bool,
    typer.Option(
        "--steady/--no-steady",
        help="Let the frames before count as well where the picture stays the same or merely "
        "moves: masks flicker less. Not for pictures.",
    ),
]
OpacityOption = Annotated[
    float, typer.Option("--opacity", min=0.0, max=1.0, help="Of the coloured masks.")
]
BoxesOption = Annotated[bool, typer.Option("--boxes/--no-boxes", help="Draw boxes.")]
LabelsOption = Annotated[
    bool, typer.Option("--labels/--no-labels", help="Write id and confidence at each person.")
]
PeopleOption = Annotated[
    PersonEffect,
    typer.Option("--people", help="What is done with people, whenever they come."),
]
NewPeopleOption = Annotated[
    NewPeople | None,
    typer.Option(
        "--new-people",
        help="What is done with whoever comes, until something else is chosen for them in the "
        "window; without one that is everyone. At first as last time.",
    ),
]
_THRESHOLD = typer.Option(
    "--threshold",
    min=0.0,
    max=1.0,
    help="People of less confidence are left out; lower finds more.",
)
ThresholdOption = Annotated[float, _THRESHOLD]
RunThresholdOption = Annotated[float | None, _THRESHOLD]
"""Of the window, which without it has that of last time."""
RecordOption = Annotated[
    Path | None,
    typer.Option("--record", "-r", metavar="FILE", help="Record from the first picture on."),
]
RecordAsOption = Annotated[
    Recorded,
    typer.Option(
        "--record-as",
        help="With --record: the picture as shown, plain (without overlay), or the people cut out "
        "on transparent ground (.mov for editors, .webm for web pages and OBS).",
    ),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]

DEFAULT_RENDER = RenderOptions()
DEFAULT_GROUP = GroupOptions()


def runtime_options(
    model: str,
    provider: Provider,
    precision: Precision,
    input_size: int | None = None,
    threads: int = 0,
    look_twice: bool = False,
) -> RuntimeOptions:
    """The options of a command as the engine's."""
    return RuntimeOptions(model, provider, input_size, threads, precision, look_twice)


def adaptive_options(keep_fps: float | None) -> AdaptiveOptions | None:
    """The option of a command as the engine's; None where it was not given."""
    if keep_fps is None:
        return None
    return AdaptiveOptions(fps=keep_fps) if keep_fps else AdaptiveOptions(enabled=False)


def group_options(threshold: float | None, fine_edges: bool | None) -> GroupOptions:
    """The options of a command as the engine's; None takes the engine's own."""
    min_score = DEFAULT_GROUP.min_score if threshold is None else threshold
    edges = DEFAULT_GROUP.fine_edges if fine_edges is None else fine_edges
    return replace(DEFAULT_GROUP, min_score=min_score, fine_edges=edges)


def look_settings(
    opacity: float,
    boxes: bool,
    labels: bool,
    people: PersonEffect,
    threshold: float,
    fine_edges: bool | None,
) -> Settings:
    """The options of a command as the engine's."""
    return Settings(
        group=group_options(threshold, fine_edges),
        render=replace(
            DEFAULT_RENDER,
            mask_opacity=opacity,
            show_boxes=boxes,
            show_labels=labels,
            default_style=PersonStyle(people),
        ),
    )


def parse_size(text: str | None) -> tuple[int, int] | None:
    """ "1280x720" as (height, width); raises `typer.BadParameter` on anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{2,5})\s*[x×]\s*(\d{2,5})\s*", text, re.IGNORECASE)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a size; write width x height, e.g. 1280x720.")
    return int(match.group(2)), int(match.group(1))


def parse_camera(text: str) -> int | str:
    """A number is a camera's index, never a file name (rayforge#347)."""
    return int(text) if re.fullmatch(r"\d{1,3}", text.strip()) else text
