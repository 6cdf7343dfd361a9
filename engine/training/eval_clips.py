"""A model over clips, through the application's own export: how much its results flicker."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from engine.config import GroupOptions, RuntimeOptions, Settings, SteadyOptions
from engine.export import export
from engine.gpu import open_predictor
from engine.source import open_source
from engine.styles import RenderOptions
from engine.training.flicker import Flicker, FlickerMeter

QUICK_LOOK = RenderOptions(outline_px=0, show_labels=False)

HEADER = "frames  people  mask flicker  identity flicker  count flicker  identities  new ids/min"


def measure_clips(
    clips: Sequence[Path],
    runtime: RuntimeOptions,
    group: GroupOptions,
    on_clip: Callable[[Path], None] = lambda _: None,
    steady: SteadyOptions = SteadyOptions(),  # noqa: B008 - immutable
) -> dict[str, Flicker]:
    """Every clip by its name, each frame of it, with tracking. Raises `EngineError`."""
    found = {}
    predictor = open_predictor(runtime)
    try:
        for clip in clips:
            on_clip(clip)
            meter = FlickerMeter()
            settings = Settings(group=group, render=QUICK_LOOK, steady=steady)
            export(lambda clip=clip: open_source(clip), predictor, [meter], settings)  # type: ignore[misc]
            found[clip.name] = meter.report()
    finally:
        predictor.close()
    return found


def flicker_table(title: str, clips: Mapping[str, Flicker]) -> str:
    """A row per clip, as plain text."""
    width = max(len(name) for name in (title, *clips))
    rows = [f"{title:<{width}}  {HEADER}"]
    rows += [
        f"{name:<{width}}  {f.frames:>6}  {f.people:>6.2f}  {f.mask_share:>12.2%}"
        f"  {f.identity_share:>16.2%}  {f.count_frames:>13}  {f.identities:>10}"
        f"  {f.new_per_minute:>11.1f}"
        for name, f in clips.items()
    ]
    return "\n".join(rows)


def write_flicker(runs: Mapping[str, Mapping[str, Flicker]], path: Path) -> None:
    """All numbers as JSON, by run and clip."""
    document = {run: {name: asdict(f) for name, f in clips.items()} for run, clips in runs.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
