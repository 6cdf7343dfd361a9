"""Ways to run commands: inside this process, and as one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from app.cli.logs import stop_logging
from app.cli.root import cli
from app.held.launch import WindowLaunch
from tests.tiny_onnx import write_tiny_onnx

DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def homeless(folder: Path) -> dict[str, str]:
    """Environment that keeps logs and settings in `folder`, away from the user's own."""
    names = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    return {name: str(folder / "home") for name in names}


def run_bbe(folder: Path, *args: str | Path) -> Result:
    """`bbe ARGS` in this process, without a display."""
    env: dict[str, str | None] = dict.fromkeys(DISPLAY_VARIABLES)
    try:
        return CliRunner().invoke(
            cli, [str(arg) for arg in args], env={**env, **homeless(folder)}, prog_name="bbe"
        )
    finally:
        stop_logging()


def start_bbe(
    folder: Path, *args: str | Path, prelude: str = "", **environment: str
) -> subprocess.Popen[str]:
    """`bbe ARGS` as a process of its own, without a display; `prelude` is run before it."""
    code = f"import sys\n{prelude}\nfrom app.__main__ import main\nmain()"
    inherited = {k: v for k, v in os.environ.items() if k not in DISPLAY_VARIABLES}
    return subprocess.Popen(
        [sys.executable, "-c", code, *(str(arg) for arg in args)],
        env={**inherited, **homeless(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def kept_launches(monkeypatch: pytest.MonkeyPatch) -> list[WindowLaunch]:
    """What commands open the window on from here on; none is opened."""
    opened: list[WindowLaunch] = []

    def open_none(launch: WindowLaunch) -> None:
        opened.append(launch)
        raise typer.Exit

    for command in ("live", "demo", "window"):
        monkeypatch.setattr(f"app.cli.{command}.open_window", open_none)
    monkeypatch.setattr("app.cli.demo.window_problem", lambda: None)
    return opened


def tiny_model(folder: Path) -> Path:
    """A model that sees full red as people, in a millisecond."""
    return write_tiny_onnx(folder / "tiny.onnx")


def frame_count(path: Path) -> int:
    """Pictures in a video, by decoding all of them."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def has_audio(path: Path) -> bool:
    """Whether a video has a sound track with something in it."""
    with av.open(str(path)) as container:
        return bool(container.streams.audio) and any(
            packet.size for packet in container.demux(audio=0)
        )


def write_photo(path: Path, size_wh: tuple[int, int] = (96, 64)) -> Path:
    """A picture with one person, for `tiny_model`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    image[16:56, 30:54, 0] = 255
    Image.fromarray(image).save(path)
    return path
