"""What became of a recording, a screenshot or an export, told with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.acting.output_folder import OutputFolder
from app.basics.saving import show_in_folder
from app.shown.banner import Banner, Choice, Level
from engine.errors import EngineError, SinkError


class Outcomes:
    """What went well is told in passing, what did not until it is answered."""

    def __init__(self, banner: Banner, toast: Banner, folder: OutputFolder) -> None:
        self._banner, self._toast, self._folder = banner, toast, folder

    def tell_done(self, what: str) -> None:
        """Something that left no file."""
        self._toast.post(Level.DONE, what)

    def tell_idle(self, message: str, hint: str = "") -> None:
        """Nothing came of it, or not yet, and nothing is wrong."""
        self._toast.post(Level.INFO, message, hint)

    def tell_saved(self, what: str, paths: Sequence[Path], stays: bool = False) -> None:
        """There are files. stays: until the user closes the message."""
        names = ", ".join(path.name for path in paths)
        show = Choice("Show in folder", lambda: show_in_folder(paths[0]))
        self._toast.post(Level.DONE, what, names, [show], stays)

    def tell_incomplete(self, message: str, hint: str = "") -> None:
        """There are files, but something is missing in them."""
        self._banner.post(Level.WARNING, message, hint)

    def tell_failed(
        self, what: str, error: EngineError, done: str, kept: Path | None = None
    ) -> None:
        """It did not come to its end. done: the participle. kept: what there is of it."""
        hint = str(error)
        other_folder = Choice("Choose folder…", self._folder.choose)
        choices = [other_folder] if isinstance(error, SinkError) else []
        if kept is not None:
            hint += f" What was {done} is in {kept.name}."
            choices.append(Choice("Show in folder", lambda: show_in_folder(kept)))
        self._banner.post(Level.ERROR, what, hint, choices)
