"""`bbe train` and `bbe eval`: thin doors to `engine.training`, imported when called."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.main import get_command

from app.cli.console import say
from engine.errors import RuntimeUnavailable

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""Every option, `--help` included, goes to the command behind the door."""

_EXTRA_PACKAGES = ("torch", "torchvision", "timm", "safetensors", "onnx", "tensorboard")


def train(ctx: typer.Context) -> None:
    """Train a model (needs the extra `train`).

    Examples:

        uv run --extra train bbe train --help

        uv run --extra train bbe train --data people/ --out runs/mine --minutes 60
    """
    module = _open_door("engine.training.command", ctx)
    if module is not None:
        command = get_command(module.app)
        code: Any = command.main(ctx.args, prog_name=ctx.command_path, standalone_mode=False)
        raise typer.Exit(code if isinstance(code, int) else 0)


def evaluate(ctx: typer.Context) -> None:
    """Measure a model's accuracy (AP) on photos with known people, or its flicker on clips.

    Examples:

        bbe eval --coco /data/coco

        bbe eval --model bbe-mnv2 --people people/ --split val --out report/

        bbe eval --clips clip.mp4 other.mp4
    """
    module = _open_door("engine.training.evaluate", ctx)
    if module is not None:
        raise typer.Exit(module.main(ctx.args))


def _open_door(name: str, ctx: typer.Context) -> Any:
    """Import the module behind the command; None where only help was wanted and given."""
    wants_help = bool({"--help", "-h"} & set(ctx.args))
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _EXTRA_PACKAGES:
            raise
        if wants_help:
            say(ctx.get_help())
            return None
        raise RuntimeUnavailable(
            f"`{ctx.command_path}` needs {error.name}, which is not installed.",
            f"Run it as `uv run --extra train {ctx.command_path} …`.",
        ) from error
    if wants_help:
        say(ctx.command.help or "")
    return module
