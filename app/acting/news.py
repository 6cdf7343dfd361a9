"""What is done about the states of a session: what must be told, and what waits for pictures."""

from __future__ import annotations

from app.acting.figures import Figures
from app.acting.losses import Losses
from app.acting.notices import Notices
from app.acting.playing import Playing
from app.acting.recordings import Recordings
from app.held.launch import WindowLaunch
from engine.board import Phase, SessionState
from engine.source.base import SourceInfo


class News:
    """Hears each state that is new."""

    def __init__(
        self,
        figures: Figures,
        notices: Notices,
        losses: Losses,
        recordings: Recordings,
        playing: Playing,
        launch: WindowLaunch,
    ) -> None:
        self._notices, self._losses = notices, losses
        self._recordings, self._playing = recordings, playing
        self._to_record, self._record_as = launch.record, launch.record_as
        self._has_begun = False
        figures.shown.connect(recordings.show_figures)
        figures.told.connect(self._on_state)

    def begin_anew(self) -> None:
        """Another session begins, or none."""
        self._has_begun = False

    def _on_state(self, state: SessionState | None) -> None:
        """What the session says, `None` without one."""
        if state is not None and state.source is not None and not self._has_begun:
            self._begin(state.source)
        self._notices.show_state(state)
        if state is not None and state.phase is Phase.RUNNING:
            self._losses.show_running()
            self._record()

    def _begin(self, source: SourceInfo) -> None:
        self._has_begun = True
        if len(source.pictures) > 1 and self._to_record is None:
            self._playing.pause()  # else one would follow the other before it was seen

    def _record(self) -> None:
        """Into the file of the command line, once."""
        if self._to_record is not None:
            path, self._to_record = self._to_record, None
            self._recordings.record_into(path, self._record_as)
