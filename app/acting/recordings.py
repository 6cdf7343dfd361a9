"""Recordings as the user starts and stops them, and what became of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app.acting.outcomes import Outcomes
from app.acting.output_folder import OutputFolder
from app.basics.saving import VIDEOS, new_file
from app.held.backend import file_stem
from app.held.kept import Kept
from app.held.recorded import Recorded
from app.running.player import Player
from app.running.recording import Recording
from app.shown.recording_sign import RecordingSign
from app.shown.transport import Transport
from engine.board import Phase
from engine.errors import EngineError


class Recordings:
    """Has what is shown recorded into a new file, or into that of the command line."""

    def __init__(
        self,
        recording: Recording,
        player: Player,
        kept: Kept,
        folder: OutputFolder,
        outcomes: Outcomes,
        transport: Transport,
        sign: RecordingSign,
    ) -> None:
        self._recording, self._player, self._kept = recording, player, kept
        self._folder, self._outcomes = folder, outcomes
        self._transport, self._sign = transport, sign
        recording.changed.connect(self._show)
        recording.saved.connect(self._tell_saved)
        recording.empty.connect(self._tell_empty)
        recording.failed.connect(self._tell_failed)
        player.ended.connect(self._show)

    def toggle(self) -> None:
        """Start recording into a new file, or finish the one under way."""
        if self._recording.active:
            self._recording.stop()
            return
        state = self._player.state()
        self._show()  # the button has flipped by itself
        is_open = state is not None and state.phase in (Phase.RUNNING, Phase.PAUSED, Phase.ENDED)
        if state is None or state.source is None or not is_open:
            return
        kind, stem = self._kept.view.record, file_stem(self._player.request)
        choose_path = partial(new_file, self._folder.of(VIDEOS), stem, kind.ending)
        self._recording.start(choose_path, state.source, kind.recorded)

    def record_into(self, path: Path, what: Recorded) -> None:
        """Record that into that file, as the command line asked."""
        state = self._player.state()
        if state is not None and state.source is not None:
            self._recording.start(lambda: path, state.source, what)

    def show_figures(self) -> None:
        """Elapsed time and dropped frames, while pictures go into a file."""
        if self._recording.active:
            self._show()

    def _show(self) -> None:
        for place in (self._transport, self._sign):
            place.show_recording(self._recording.text)

    def _tell_saved(self, path: Path, dropped: int, missing_sound: str) -> None:
        if missing_sound:
            self._outcomes.tell_incomplete(missing_sound)
        what = f"Recording saved · {dropped} dropped" if dropped else "Recording saved"
        self._outcomes.tell_saved(what, [path])

    def _tell_empty(self) -> None:
        self._outcomes.tell_idle(
            "Nothing was recorded.",
            "No new picture came meanwhile; a paused film is recorded once it plays on.",
        )

    def _tell_failed(self, error: EngineError, kept: Path | None) -> None:
        what = "Nothing was recorded." if kept is None else "The recording stopped."
        self._outcomes.tell_failed(what, error, "recorded", kept)
