"""The picture behind people: chosen, read, and read again at the next start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from app.basics.tasks import TaskRunner
from app.held.kept import Kept
from app.held.options import OptionsModel
from app.shown.banner import Banner, Choice, Level
from app.shown.file_dialog import open_dialog, patterns
from engine.errors import EngineError
from engine.source.endings import PICTURE_SUFFIXES
from engine.styles import Backdrop, BackdropPicture


class Backdrops:
    """Puts pictures behind people.

    Until one is read, or if it cannot be, one colour is there: nothing of the room is shown.
    window: what its dialog lies on.
    """

    def __init__(
        self, options: OptionsModel, kept: Kept, tasks: TaskRunner, banner: Banner, window: QWidget
    ) -> None:
        self._options, self._kept, self._tasks = options, kept, tasks
        self._banner, self._window = banner, window
        self._reading: Path | None = None
        self._then: Callable[[], None] = _nothing

    @property
    def known(self) -> bool:
        """Whether a picture was chosen, now or in an earlier run."""
        return self._reading is not None or bool(self._kept.view.backdrop_path)

    def restore(self) -> None:
        """Read the picture of the last time if it is behind people now."""
        render = self._options.effective.render
        if render.backdrop is not Backdrop.PICTURE or render.backdrop_picture is not None:
            return
        if self._reading is not None:  # a large picture takes seconds, and much memory
            return
        if self.known:
            self._read(Path(self._kept.view.backdrop_path))
        else:
            self._options.update_render(backdrop=Backdrop.COLOUR)

    def show(self) -> None:
        """Put the picture behind people that is known, or let the user choose one."""
        if not self.known:
            self.choose()
            return
        self._options.update_render(backdrop=Backdrop.PICTURE)
        self.restore()

    def choose(self) -> None:
        """Show the file dialog; the film goes on meanwhile."""
        path = self._kept.view.backdrop_path
        folder = Path(path).parent
        open_dialog(
            self._window,
            "Choose the picture behind people",
            QFileDialog.FileMode.ExistingFile,
            str(folder if path and folder.is_dir() else Path.home()),
            lambda name: self.use(Path(name)),
            [f"Pictures ({patterns(PICTURE_SUFFIXES)})", "All files (*)"],
        )

    def use(self, path: Path) -> None:
        """Put that picture behind people; the one before, or one colour, until it is read."""
        self._read(path)
        self._options.update_render(backdrop=Backdrop.PICTURE)

    def when_read(self, then: Callable[[], None]) -> None:
        """Call `then` once nothing is being read, at once where nothing is; only the last one."""
        if self._reading is None:
            then()
        else:
            self._then = then

    def _read(self, path: Path) -> None:
        self._reading = path

        def take(picture: BackdropPicture) -> None:
            if self._reading is path:  # no other one is wanted meanwhile
                self._kept.change_view(backdrop_path=str(path))
                self._options.update_render(backdrop_picture=picture)
                self._end()

        self._tasks.start(
            "backdrop", lambda: _open(path), take, lambda error: self._tell(path, error)
        )

    def _end(self) -> None:
        self._reading = None
        then, self._then = self._then, _nothing
        then()

    def _tell(self, path: Path, error: EngineError) -> None:
        if self._reading is not path:
            return
        self._end()
        render = self._options.effective.render
        hint = error.hint
        if render.backdrop is Backdrop.PICTURE:
            there = "The picture before" if render.backdrop_picture is not None else "One colour"
            hint = f"{there} is behind people. {hint}"
            if not self.known:
                self._options.update_render(backdrop=Backdrop.COLOUR)
        self._banner.post(
            Level.WARNING, error.message, hint, [Choice("Choose a picture…", self.choose)]
        )


def _nothing() -> None:
    pass


def _open(path: Path) -> BackdropPicture:
    from engine.source.backdrop import open_backdrop  # heavy, in a thread

    return open_backdrop(path)
