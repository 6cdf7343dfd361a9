"""`bbe cameras` and `bbe models`: what there is to choose from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.console import note, print_json, print_table

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def cameras(as_json: JsonOption = False) -> None:
    """List the cameras.

    None is opened, so none is disturbed.

    Examples:

        bbe cameras

        bbe live 0          show the camera of index 0

        bbe cameras --json
    """
    from engine.source import list_cameras

    found = list_cameras()
    if as_json:
        print_json([asdict(camera) for camera in found])
    elif found:
        print_table((">index", "name"), [(str(c.index), c.name) for c in found])
    else:
        note("No camera was found. `bbe demo` and `bbe play FILE` work without one.")


def models(as_json: JsonOption = False) -> None:
    """List the models that come with the program.

    Any .onnx file of their kind runs too.

    Examples:

        bbe models

        bbe live --model bbe-mnv2-int8

        bbe segment clip.mp4 -o out.mp4 --model runs/mine.onnx
    """
    from engine.models import Manifest, list_models

    manifest = Manifest.load()
    found = list_models()
    if as_json:
        print_json(
            [
                {
                    **asdict(model.info),
                    "path": str(model.path),
                    "precision": model.precision,
                    "size_bytes": model.size_bytes,
                    "sha256": model.sha256,
                    "ap": model.ap,
                    "ap_split": model.ap_split,
                    "ap_command": model.ap_command,
                    "training_data": model.training_data,
                    "default": model.info.name == manifest.default,
                    "default_on": [
                        provider.value
                        for provider, name in manifest.default_on.items()
                        if name == model.info.name
                    ],
                }
                for model in found
            ]
        )
        return
    rows = [
        (
            _with_role(model.info.name, manifest.role_of(model.info.name)),
            model.info.backbone,
            str(model.info.output_stride),
            str(model.info.input_long_side),
            model.precision,
            f"{model.size_bytes / 1e6:.1f}",
            "" if model.ap is None else f"{model.ap:.3f}",
            model.info.licence,
        )
        for model in found
    ]
    headings = ("model", "backbone", ">stride", ">input px", "precision", ">MB", ">AP", "licence")
    print_table(headings, rows)


def _with_role(name: str, role: str) -> str:
    return f"{name} ({role})" if role else name
