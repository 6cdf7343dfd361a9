"""The picture on the screen as PNG, written in a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.saving import new_file
from app.tasks import TaskRunner
from engine.errors import EngineError
from engine.types import Result


def take_screenshot(
    tasks: TaskRunner, result: Result, folder: Path, stem: str, clean_too: bool,
    done: Callable[[Path], None], failed: Callable[[EngineError], None],
) -> None:  # fmt: skip
    """Save `result` as shown, and as filmed beside it if `clean_too`."""
    work = partial(_save, result, folder, stem, clean_too)
    tasks.start("screenshot", work, done, failed, must_finish=True)


def _save(result: Result, folder: Path, stem: str, clean_too: bool) -> Path:
    from engine.sink.screenshot import save_screenshot

    path = new_file(folder, stem, ".png")
    save_screenshot(result, path, with_overlay=True)
    if clean_too:
        save_screenshot(result, path.with_name(f"{path.stem} plain.png"), with_overlay=False)
    return path
