"""Choosing what to see: files, addresses, the demo; and what went wrong there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QFileDialog

from app.backend import SourceRequest
from app.banner import Choice, Level
from app.file_dialog import open_dialog, patterns
from engine.board import Phase
from engine.errors import EngineError, SourceLost, SourceNotFound
from engine.source.base import SourceInfo
from engine.source.endings import PICTURE_SUFFIXES, VIDEO_SUFFIXES

if TYPE_CHECKING:
    from app.main_window import MainWindow


class Sources:
    """Opens sources for the window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._looking_for = ""

    def open(self, request: SourceRequest) -> None:
        """Show another source."""
        window = self._window
        self._looking_for = ""
        window.stage.banner.dismiss()
        window.player.end_session()  # or it might record people who are forgotten now
        window.forget_picture()
        window.show_request(request)
        if request.folder is not None:
            window.kept.change_view(last_dir=str(request.folder))
        window.player.open(request)
        window.looping.show_request(request)

    def reopen(self) -> None:
        """The same source once more: where it stopped if it failed, else from its start."""
        state, request = self._window.player.state(), self._window.player.request
        if state is not None and state.phase is Phase.FAILED:
            self._window.retry.begin()
        elif request is not None:
            self.open_anew(request)

    def open_anew(self, request: SourceRequest) -> None:
        """What is shown once more, from its start: its people may be the same, under new ids."""
        window = self._window
        self._looking_for = ""
        window.stage.banner.dismiss()
        window.player.end_session()
        window.clear_picture()
        window.player.open(request, same_people=True)

    def close(self) -> None:
        """Back to the start page."""
        window = self._window
        self._looking_for = ""
        window.stage.banner.dismiss()
        window.player.end_session()
        window.forget_picture()
        window.show_request(None)
        window.player.stop()

    def open_path(self, path: Path) -> None:
        """Show a file or a folder of pictures; a model file becomes the network."""
        if path.suffix.lower() == ".onnx":
            self._use_model(path)
            return
        self.open(SourceRequest(path))

    def open_dropped(self, items: Sequence[Path | str]) -> None:
        """Show what was dropped: pictures together, of anything else the first.

        items: paths and addresses, at least one.
        """
        first, *others = items
        if others and (pictures := _as_pictures(items)):
            self.open(SourceRequest(pictures))
            return
        if isinstance(first, str):
            self.open(SourceRequest(first))
        else:
            self.open_path(first)
        if others:
            name = SourceRequest(first).name
            left_out = f"The other {len(others)} were" if len(others) > 1 else "The other one was"
            self._window.stage.banner.post(
                Level.INFO,
                f"Only {name} was opened.",
                f"{left_out} left out: together only pictures can be opened.",
            )

    def open_demo(self) -> None:
        """Show the built-in scene."""
        self.open(SourceRequest("demo"))

    def ask_address(self) -> None:
        """Show the line for an address, with the one that is open."""
        request = self._window.player.request
        known = str(request.spec) if request is not None and request.is_address else ""
        self._window.stage.address.open(known)

    def choose_file(self) -> None:
        """Show the file dialog; the film goes on meanwhile."""
        videos, pictures = patterns(VIDEO_SUFFIXES | {".gif"}), patterns(PICTURE_SUFFIXES)
        filters = [
            f"Videos and pictures ({videos} {pictures})", f"Videos ({videos})",
            f"Pictures ({pictures})", "All files (*)",
        ]  # fmt: skip
        self._ask("Open a video or picture", QFileDialog.FileMode.ExistingFile, filters)

    def choose_folder(self) -> None:
        """Show the file dialog for a folder of pictures."""
        self._ask("Open a folder of pictures", QFileDialog.FileMode.Directory)

    def choose_model(self) -> None:
        """Show the file dialog for a network."""
        open_dialog(
            self._window,
            "Open a network",
            QFileDialog.FileMode.ExistingFile,
            "",
            lambda name: self._use_model(Path(name)),
            ["ONNX models (*.onnx)", "All files (*)"],
        )

    def _ask(self, title: str, mode: QFileDialog.FileMode, filters: Sequence[str] = ()) -> None:
        folder = self._window.kept.view.last_dir
        if not Path(folder).is_absolute() or not Path(folder).is_dir():
            folder = str(Path.home())
        open_dialog(
            self._window, title, mode, folder, lambda name: self.open_path(Path(name)), filters
        )

    def show_error(self, error: EngineError) -> None:
        """Why a source or the network stopped, with what can be done about it."""
        state = self._window.player.state()
        source = state.source if state is not None else None
        if isinstance(error, SourceLost) and source is not None and source.live:
            self._look_for(source, error)
            return
        retry = Choice("Retry", self._window.retry.begin)
        choices = [retry, Choice("Choose file…", self.choose_file)]
        request, hint = self._window.player.request, error.hint
        if request is not None and request.is_address:
            choices[1] = Choice("Change address…", self.ask_address)
        if isinstance(error, SourceNotFound) and request is not None and _is_missing(request):
            # The engine's hint lists what a command line takes.
            hint = "It may have been moved or renamed, or its disk is not connected."
        self._window.stage.banner.post(Level.ERROR, error.message, hint, choices)

    def show_running(self) -> None:
        """Pictures come: a source that was lost is back."""
        if not self._looking_for:
            return
        if self._window.stage.banner.text.startswith(self._looking_for):
            self._window.stage.banner.dismiss()
        self._looking_for = ""
        self._window.clear_picture()

    def _look_for(self, lost: SourceInfo, error: EngineError) -> None:
        """Open a live source anew as soon as it is there; its last picture stays until then."""
        window, request = self._window, self._window.player.request
        if request is None:
            return
        if request.is_camera and lost.name != f"Camera {request.spec}":
            # By its name: its number may be another camera's meanwhile.
            request = replace(request, spec=f"camera:{lost.name}", title=lost.name)
        self._looking_for = error.message
        window.player.open(request, when_there=True)
        window.stage.banner.post(
            Level.WARNING,
            error.message,
            f"{error.hint} It is looked for every two seconds and goes on by itself.".strip(),
            [Choice("Stop", self.close), Choice("Choose file…", self.choose_file)],
        )

    def _use_model(self, path: Path) -> None:
        runtime = replace(self._window.player.runtime, model=str(path))
        self._window.panel.model.show_runtime(runtime)
        self._window.set_runtime(runtime)


def _is_missing(request: SourceRequest) -> bool:
    """Whether it is a file or folder that is not there; a folder may also just hold nothing."""
    return request.is_file and not (isinstance(request.spec, Path) and request.spec.exists())


def _as_pictures(items: Sequence[Path | str]) -> tuple[Path, ...]:
    """Pictures as a folder would give them; empty where anything else is among them."""
    from engine.source.images import natural_key  # slow to import

    paths = [item for item in items if isinstance(item, Path)]
    if len(paths) < len(items) or any(p.suffix.lower() not in PICTURE_SUFFIXES for p in paths):
        return ()
    return tuple(sorted(paths, key=natural_key))
