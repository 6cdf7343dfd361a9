"""The picture on the screen as PNG, written in a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.basics.saving import new_file
from app.basics.tasks import TaskRunner
from engine.errors import EngineError
from engine.types import Result


def take_screenshot(
    tasks: TaskRunner, result: Result, folder: Path, stem: str, clean: bool,
    done: Callable[[Path], None], failed: Callable[[EngineError], None],
) -> None:  # fmt: skip
    """Save `result` as shown.

    clean: saves it without overlay beside that, too; who is hidden or blurred stays so.
    """
    work = partial(_save, result, folder, stem, clean)
    tasks.start("screenshot", work, done, failed, must_finish=True)


def _save(result: Result, folder: Path, stem: str, clean: bool) -> Path:
    from engine.effects import conceal
    from engine.sink.screenshot import save_screenshot

    path = new_file(folder, stem, ".png")
    save_screenshot(result.image_bgr, path)
    if clean:
        image = conceal(result.frame.image_bgr, result.instances, result.render)
        save_screenshot(image, path.with_name(f"{path.stem} plain.png"))
    return path
