"""Keeping what is seen: recordings, screenshots, exports, and where they went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QStandardPaths
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QFileDialog

from app.banner import Choice, Level
from app.export_plan import ExportPlan
from app.exporting import Exporting
from app.file_dialog import open_dialog
from app.qt_image import borrowed
from app.recorded import Recorded
from app.recording import Recording
from app.saving import PICTURES, VIDEOS, new_file, output_folder, show_in_folder
from app.screenshots import take_screenshot
from app.transport import NOT_EXPORTED
from app.virtual_camera import VirtualCamera
from engine.board import Phase
from engine.errors import EngineError, SinkError
from engine.source.endings import without_ending

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from engine.export import ExportSummary


class Keeping:
    """Drives recording, screenshots and export for the window, and tells of the results."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.recording = Recording(window.player, window.tasks)
        self.exporting = Exporting(window.backend, window.stage.export, window)
        self.recording.changed.connect(self.show_recording)
        self.recording.saved.connect(lambda path: self._tell_saved("Recording saved", [path]))
        self.recording.empty.connect(self._tell_nothing_recorded)
        self.recording.failed.connect(self._on_recording_failed)
        self.exporting.saved.connect(self._on_exported)
        self.exporting.failed.connect(self._on_export_failed)
        self.virtual_camera = VirtualCamera(window.player, window.tasks)
        self.virtual_camera.failed.connect(self._on_camera_failed)
        window.stage.export.wanted.connect(self._start_export)
        window.stage.export.folder_wanted.connect(self.choose_folder)
        window.options.changed.connect(self._tell_of_newcomers)

    @property
    def writing(self) -> bool:
        """True while a file is not finished."""
        recording = self.recording
        busy = recording.active or recording.finishing or self.exporting.active
        return busy or self._window.tasks.writing

    def toggle_recording(self) -> None:
        """Start recording into a new file, or finish the one under way."""
        if self.recording.active:
            self.recording.stop()
            return
        state = self._window.player.state()
        self.show_recording()  # the button has flipped by itself
        if state is None or state.source is None or not self._can_keep():
            return
        kind = self._window.kept.view.record
        choose_path = partial(new_file, self._folder(VIDEOS), self._stem(), kind.ending)
        self.recording.start(choose_path, state.source, kind.recorded)

    def record_into(self, path: Path, what: Recorded) -> None:
        """Record that into that file, as the command line asked."""
        state = self._window.player.state()
        if state is not None and state.source is not None:
            self.recording.start(lambda: path, state.source, what)

    def show_recording(self) -> None:
        """Elapsed time and dropped frames."""
        self._window.transport.show_recording(self.recording.text)

    def screenshot(self) -> None:
        """Save the picture on the screen."""
        window, result = self._window, self._window.stage.view.result
        if result is None:
            return
        take_screenshot(
            window.tasks, result, self._folder(PICTURES), self._stem(),
            window.kept.view.clean_screenshot,
            lambda path: self._tell_saved("Screenshot saved", [path]),
            lambda error: self._tell_failed("The screenshot was not saved.", error, "saved"),
        )  # fmt: skip

    def copy_picture(self) -> None:
        """Put the picture on the screen, as shown, into the clipboard."""
        result, clipboard = self._window.stage.view.result, QGuiApplication.clipboard()
        if result is not None and clipboard is not None:
            clipboard.setImage(borrowed(result.image_bgr).copy())
            self._window.stage.toast.post(Level.DONE, "Picture copied")

    def ask_export(self) -> None:
        """Show the card of the export."""
        state = self._window.player.state()
        if self.exporting.active:
            self._window.stage.export.show()
        elif state is not None and state.source is not None and not state.source.live:
            kind = PICTURES if state.source.pictures else VIDEOS
            conceals_some = self._window.options.conceals_some
            self._window.stage.export.open(
                state.source, self._folder(kind), self._position_s, conceals_some
            )
        elif state is not None and state.source is not None:
            self._window.stage.toast.post(Level.INFO, NOT_EXPORTED)

    def choose_folder(self) -> None:
        """Let the user choose where files go."""
        window = self._window
        open_dialog(
            window,
            "Where to keep pictures and films",
            QFileDialog.FileMode.Directory,
            str(self._folder(VIDEOS)),
            self.set_folder,
        )

    def set_folder(self, folder: str) -> None:
        """Keep files there from now on."""
        self._window.kept.change_view(output_dir=folder)
        self._window.panel.saving.show_folder(folder)
        self._window.stage.export.set_folder(self._folder(VIDEOS))

    def _position_s(self) -> float:
        """Where the film stands, from its beginning."""
        state = self._window.player.state()
        return state.from_start_s if state is not None else 0.0

    def _tell_of_newcomers(self) -> None:
        self._window.stage.export.tell_of_newcomers(self._window.options.conceals_some)

    def _start_export(self, plan: ExportPlan) -> None:
        window, request = self._window, self._window.player.request
        if request is None:
            return
        window.pause()  # the export gets the machine for itself
        runtime, sightings = window.player.runtime, window.player.sightings()
        settings = window.options.effective

        def start() -> None:
            picture = window.options.effective.render.backdrop_picture
            render = replace(settings.render, backdrop_picture=picture)
            begun_with = replace(settings, render=render)
            self.exporting.start(plan, request, runtime, begun_with, sightings)

        window.backdrops.when_read(start)
        if not self.exporting.active:
            window.stage.toast.post(
                Level.INFO, "The export begins once the picture behind people is read."
            )

    def _can_keep(self) -> bool:
        state = self._window.player.state()
        return state is not None and state.phase in (Phase.RUNNING, Phase.PAUSED, Phase.ENDED)

    def _folder(self, kind: QStandardPaths.StandardLocation) -> Path:
        return output_folder(self._window.kept.view.output_dir, kind)

    def _stem(self) -> str:
        request = self._window.player.request
        return without_ending(Path(request.name).name) if request is not None else "BBE Live"

    def _on_camera_failed(self, error: EngineError) -> None:
        self._window.panel.saving.camera.setChecked(False)
        self._window.stage.banner.post(Level.ERROR, error.message, error.hint)

    def _on_recording_failed(self, error: EngineError, kept: Path | None) -> None:
        what = "Nothing was recorded." if kept is None else "The recording stopped."
        self._tell_failed(what, error, "recorded", kept)

    def _on_export_failed(self, error: EngineError, outputs: Sequence[Path]) -> None:
        kept = next(iter(outputs), None)
        self._tell_failed("The export stopped.", error, "exported", kept)

    def _on_exported(self, outputs: Sequence[Path], summary: ExportSummary) -> None:
        if summary.left_out:
            self._window.notices.tell_left_out(summary.left_out)
        elif summary.damage:
            hint = "The film that was exported goes on with the next one that can."
            self._window.stage.banner.post(Level.WARNING, summary.damage, hint)
        if outputs:
            # Exports take long: who comes back later is told, too.
            what = "Export finished" if summary.complete else "Export cancelled; kept"
            self._tell_saved(what, outputs, stays=summary.complete)
        else:
            self._window.stage.toast.post(Level.INFO, "Export cancelled.")

    def _tell_nothing_recorded(self) -> None:
        self._window.stage.toast.post(
            Level.INFO,
            "Nothing was recorded.",
            "No new picture came meanwhile; a paused film is recorded once it plays on.",
        )

    def _tell_saved(self, what: str, paths: Sequence[Path], stays: bool = False) -> None:
        names = ", ".join(path.name for path in paths)
        show = Choice("Show in folder", lambda: show_in_folder(paths[0]))
        self._window.stage.toast.post(Level.DONE, what, names, [show], stays)

    def _tell_failed(
        self, what: str, error: EngineError, done: str, kept: Path | None = None
    ) -> None:
        hint = str(error)
        other_folder = Choice("Choose folder…", self.choose_folder)
        choices = [other_folder] if isinstance(error, SinkError) else []
        if kept is not None:
            hint += f" What was {done} is in {kept.name}."
            choices.append(Choice("Show in folder", lambda: show_in_folder(kept)))
        self._window.stage.banner.post(Level.ERROR, what, hint, choices)
