"""The picture on the screen, kept as a file or in the clipboard."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QGuiApplication

from app.acting.outcomes import Outcomes
from app.acting.output_folder import OutputFolder
from app.acting.picture import Picture
from app.basics.qt_image import borrowed
from app.basics.saving import PICTURES
from app.basics.tasks import TaskRunner
from app.held.backend import file_stem
from app.held.kept import Kept
from app.running.player import Player
from app.running.screenshots import take_screenshot
from engine.errors import EngineError


class Stills:
    """Keeps it as shown, people hidden and blurred as they are."""

    def __init__(
        self,
        picture: Picture,
        player: Player,
        tasks: TaskRunner,
        kept: Kept,
        folder: OutputFolder,
        outcomes: Outcomes,
    ) -> None:
        self._picture, self._player, self._tasks = picture, player, tasks
        self._kept, self._folder, self._outcomes = kept, folder, outcomes

    def save(self) -> None:
        """Into a new file."""
        result = self._picture.result
        if result is None:
            return
        take_screenshot(
            self._tasks, result, self._folder.of(PICTURES), file_stem(self._player.request),
            self._kept.view.clean_screenshot, self._tell_saved, self._tell_failed,
        )  # fmt: skip

    def copy(self) -> None:
        """Into the clipboard."""
        result, clipboard = self._picture.result, QGuiApplication.clipboard()
        if result is not None and clipboard is not None:
            clipboard.setImage(borrowed(result.image_bgr).copy())
            self._outcomes.tell_done("Picture copied")

    def _tell_saved(self, path: Path) -> None:
        self._outcomes.tell_saved("Screenshot saved", [path])

    def _tell_failed(self, error: EngineError) -> None:
        self._outcomes.tell_failed("The screenshot was not saved.", error, "saved")
